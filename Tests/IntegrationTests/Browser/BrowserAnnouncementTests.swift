import Testing

extension Stories {
  /// What a screen reader announces: each change once, however many documents show it.
  @Suite(
    "Browser: announcements", .serialized, .timeLimit(.minutes(3)),
    .enabled(if: Chromium.isInstalled, Chromium.remedy), .sharingSite)
  struct BrowserAnnouncements {
    @Test
    func `Overlord's first page announces each event of an order once, and its panes none`()
      async throws
    {
      try await withSharedSite { scene in
        let site = scene.site
        let overlord = try await scene.browser.tab(at: site.address(.overlord))
        let cart = try await overlord.inside("#frame-beta iframe") {
          try await place("kettle", in: overlord)
        }
        let order = try await site.order(of: cart, price: 1000)
        try await overlord.inside("#frame-alpha iframe") { try await overlord.shows("kettle") }
        let captured = try await site.deployment.events(of: order)
        try await overlord.wait(
          "the capture", until: "document.getElementById(arguments[0])",
          "event-\(captured[0].position)")

        try await overlord.recordAnnouncements()
        for pane in Tab.panes {
          try await overlord.inside(pane) { try await overlord.recordAnnouncements() }
        }
        try await site.deployment.approve(order)
        try await site.deployment.finished(order)
        let events = try await site.deployment.events(of: order).dropFirst(captured.count)
        #expect(events.map(\.type) == ["order.approved", "order.charged", "order.finalized"])
        for event in events {
          try await overlord.wait(
            "\(event.type)", until: "document.getElementById(arguments[0])",
            "event-\(event.position)")
        }
        // Each pane shows its part of it.
        try await overlord.inside("#frame-beta iframe") {
          try await overlord.shows("You paid", in: ".outcome")
        }
        try await overlord.inside("#frame-charlie iframe") {
          try await overlord.shows("kettle", in: "#last")
          try await overlord.shows("charged", in: "#last")
        }
        try await overlord.inside("#frame-alpha iframe") {
          try await overlord.wait(
            "no order", until: "!document.getElementById(arguments[0])", "order-\(order.id)")
        }
        let sentences = try await overlord.announcements().joined(separator: " ")
        for event in events {
          let name = try Regex("published \(event.type) v[0-9]+, event \(event.position)\\b")
          #expect(sentences.matches(of: name).count == 1, "\(event.type) in \(sentences)")
        }
        #expect(sentences.split(separator: " published ").count == events.count + 1, "\(sentences)")
        for pane in Tab.panes {
          let own = try await overlord.inside(pane) { try await overlord.announcements() }
          #expect(own == [], "\(pane)")
        }
      }
    }

    @Test
    func `a refusal in a pane is announced there, once`() async throws {
      try await withSharedSite { scene in
        let overlord = try await scene.browser.tab(at: scene.site.address(.overlord))
        try await overlord.inside("#frame-alpha iframe") {
          try await overlord.recordAnnouncements()
          try await overlord.fill("#fee", with: "much")
          try await overlord.press("Change")
          try await overlord.wait("the refusal", until: "document.querySelector('#refused')")
          let refusal = try await overlord.text("#refused")
          #expect(try await overlord.announcements() == [refusal])
        }
      }
    }

    @Test
    func `what was announced is not said again with the next change`() async throws {
      try await withSharedSite { scene in
        let site = scene.site
        let order = try await site.deployment.order("lamp")
        try await site.deployment.heard(.alpha, "order.captured applied", order)
        let alpha = try await scene.browser.tab(at: site.address(.alpha))
        try await alpha.recordAnnouncements()
        try await alpha.press("Approve", in: "tr#order-\(order.id)")
        try await alpha.shows("Approved: “lamp”", in: "#done")
        try await site.deployment.finished(order)
        let other = try await site.deployment.order("chair")
        try await alpha.wait(
          "the next order", until: "document.getElementById(arguments[0])", "order-\(other.id)")
        let said = try await alpha.announcements()
        let sentences = said.joined(separator: " ")
        #expect(sentences.matches(of: /Approved: “lamp”/).count == 1, "\(said)")
        #expect(sentences.matches(of: /to decide\./).count == 2, "\(said)")
        #expect(said.last?.contains("Approved") == false, "\(said)")
        try await site.deployment.approve(other)
        try await site.deployment.finished(other)
      }
    }

    @Test
    func `on the page of health the loss of Overlord is announced by the page alone`() async throws
    {
      try await withSharedSite { scene in
        let overlord = try await scene.browser.tab(at: scene.site.address(.overlord, "/health"))
        let role = "return document.getElementById('away').role"
        #expect(try await overlord.run(role) == "alert")
        for (service, own) in [("overlord", JSON.null), ("alpha", "alert")] {
          let found = try await overlord.inside("#frame-\(service) iframe") {
            try await overlord.run(role)
          }
          #expect(found == own, "\(service)")
        }
      }
    }

    /// Orders in Beta's pane, and waits until the order is in flight.
    private func place(_ product: String, in tab: Tab) async throws -> Cart {
      try await tab.press("Start an order")
      try await tab.fill("#product", with: product)
      try await tab.fill("#price", with: "10.00")
      try await tab.shows("35.00", in: "#total")
      let action = try await tab.run("return document.getElementById('order-form').action").text
      let quote = try await tab.run("return document.querySelector('[name=quoteId]').value")
      let id = try #require(action.split(separator: "/").dropLast().last)
      try await tab.press("Order", in: "#order-form")
      try await tab.wait("the steps", until: "document.querySelector('ol.steps li')")
      return Cart(
        id: String(id),
        quote: try Quote([
          "id": quote, "settingsVersion": 1000, "fee": ["amount": 2500], "discount": ["amount": 0],
        ]))
    }
  }
}
