import Foundation
import Testing

extension Stories {
  /// Orders through the pages alone, as people make and decide them.
  @Suite(
    "Browser: stories", .serialized, .timeLimit(.minutes(3)),
    .enabled(if: Chromium.isInstalled, Chromium.remedy))
  struct BrowserStories {
    @Test
    func `settings, an order and its approval go through the pages, and every page follows`()
      async throws
    {
      try await withSite { site, browser in
        let overlord = try await browser.tab(at: site.address(.overlord))
        var followers = [try await site.open("/events", of: .overlord, in: browser)]
        for path in ["/", "/ledger"] {
          followers.append(try await site.open(path, of: .charlie, in: browser))
        }
        for tab in followers + [overlord] { try await tab.mark() }

        let alpha = try await browser.tab(at: site.address(.alpha, "/settings"))
        let count = site.deployment[.beta].lines.count
        try await alpha.check("#feeEnabled", as: true)
        try await alpha.fill("#fee", with: "30")
        try await alpha.check("#discountEnabled", as: true)
        try await alpha.fill("#discount", with: "5.50")
        try await alpha.press("Change the settings")
        try await alpha.shows("1001")
        try await site.deployment[.beta].logged("settings.changed applied", after: count)

        let beta = try await browser.tab(at: site.address(.beta))
        let cart = try await site.openForm(in: beta)
        #expect(cart.quote.fee == 3000 && cart.quote.discount == 550)
        try await beta.mark()
        try await beta.fill("#product", with: "widget")
        try await beta.fill("#price", with: "20")
        try await beta.shows("44.50", in: "#total")
        try await beta.fill("#price", with: "10,50")
        try await beta.shows("35.00", in: "#total")
        try await beta.press("Order")
        try await beta.wait(
          "the steps of the order", until: "document.querySelector('ol.steps li')")
        let order = try await site.order(of: cart, price: 1050)
        let title = try await beta.run("return document.title").text

        try await alpha.open(site.address(.alpha))
        try await alpha.press("Approve", in: "tr#order-\(order.id)")
        try await beta.wait("the form again", until: "document.querySelector('#product')")
        try await beta.shows("35.00", in: ".outcome")
        try await beta.isMarked()
        #expect(try await beta.run("return document.title").text != title)

        for tab in followers { try await tab.names(order.id) }
        let last = try #require(try await site.deployment.events(of: order).last)
        #expect(last.type == "order.finalized")
        try await overlord.wait(
          "the last event in the strip", until: "document.getElementById(arguments[0])",
          "event-\(last.position)")
        for tab in followers + [overlord] { try await tab.isMarked() }

        try await overlord.open(site.address(.overlord, "/traces/\(order.requestID)"))
        for event in try await site.deployment.events(of: order) {
          try await overlord.shows(event.type)
        }
        try await site.deployment.check([(order, .charged)])
        try await browser.expectNoErrors()
      }
    }

    @Test
    func `a double click, back, reload and a second tab make one order`() async throws {
      try await withSite { site, browser in
        let beta = try await browser.tab(at: site.address(.beta))
        let cart = try await site.openForm(in: beta)
        let second = try await browser.tab(at: site.address(.beta, "/carts/\(cart.id)"))
        for tab in [beta, second] {
          try await tab.fill("#product", with: "widget")
          try await tab.fill("#price", with: "10.00")
        }
        try await beta.doubleClick("Order")
        // The second tab sends its form too, unless the page has closed it already.
        try await second.run(
          """
          [...document.querySelectorAll("main button")]
            .find((each) => each.innerText.trim().startsWith("Order"))?.click();
          """)
        let steps = "document.querySelector('ol.steps li')"
        for tab in [beta, second] { try await tab.wait("the steps of the order", until: steps) }
        try await beta.reload()
        try await beta.wait("the steps after a reload", until: steps)
        try await beta.back()
        try await beta.wait("the start", until: "location.pathname === '/'")
        try await beta.post("/forward")
        try await beta.wait("the steps after back and forward", until: steps)

        let order = try await site.order(of: cart, price: 1000)
        try await site.deployment.approve(order)
        for tab in [beta, second] { try await tab.shows("35.00", in: ".outcome") }
        try await site.deployment.finished(order)
        let orders = try await site.deployment.http(.alpha).get("/api/orders").json["orders"]
        #expect(orders.list.map { $0["id"].text } == [order.id])
        try await site.deployment.check([(order, .charged)])
      }
    }
  }
}
