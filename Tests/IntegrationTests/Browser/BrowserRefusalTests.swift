import Testing

extension Stories {
  /// The pages of what went wrong, which are read by those who need them most, and those that change
  /// while they are read.
  @Suite(
    "Browser: refusals", .serialized, .timeLimit(.minutes(3)),
    .enabled(if: Chromium.isInstalled, Chromium.remedy),
    .enabled(if: Axe.isInstalled, Axe.remedy), .sharingSite)
  struct BrowserRefusals {
    @Test
    func `axe-core finds no violation on the refused forms of customers and of those who decide`()
      async throws
    {
      try await withSharedSite { scene in
        let (site, browser) = (scene.site, scene.browser)
        let order = try await site.waitingOrders("Lamp")[0]
        let beta = try await browser.tab(at: site.address(.beta))
        _ = try await site.openForm(in: beta)
        try await beta.fill("#product", with: "Lamp")
        try await beta.fill("#price", with: "ten")
        try await beta.press("Order")
        try await beta.isAccessible(showing: "#price-error")
        try await beta.open(site.address(.beta, "/pane"))
        try await beta.fill("#product", with: " ")
        try await beta.fill("#price", with: "10")
        try await beta.press("Order")
        try await beta.isAccessible(showing: "#product-error")

        let alpha = try await browser.tab(at: site.address(.alpha))
        for path in ["/", "/orders/\(order.id)", "/pane"] {
          try await alpha.open(site.address(.alpha, path))
          try await alpha.click("#reject-\(order.id) summary")
          try await alpha.fill("#reason-\(order.id)", with: " ")
          try await alpha.press("Reject", in: "#reject-\(order.id) form")
          try await alpha.isAccessible(showing: "#error-\(order.id)")
        }
        try await alpha.open(site.address(.alpha))
        try await alpha.press("Approve selected", in: "#batch")
        try await alpha.isAccessible(showing: "#batch-error")
        try await site.deployment.approve(order)
        try await site.deployment.finished(order)
      }
    }

    @Test
    func `axe-core finds no violation on the refused forms of owners and operators`() async throws {
      try await withSharedSite { scene in
        let (site, browser) = (scene.site, scene.browser)
        try await site.quote(fee: 2500)
        let alpha = try await browser.tab(at: site.address(.alpha, "/settings"))
        try await alpha.fill("#fee", with: "much")
        try await alpha.press("Change the settings")
        try await alpha.isAccessible(showing: "#fee-error")
        try await alpha.open(site.address(.alpha, "/settings"))
        try await alpha.fill("#fee", with: "30")
        try await site.quote(fee: 2000)
        try await alpha.press("Change the settings")
        try await alpha.isAccessible(showing: "#conflict")
        try await alpha.open(site.address(.alpha, "/pane"))
        try await alpha.fill("#fee", with: "much")
        try await alpha.press("Change")
        try await alpha.isAccessible(showing: "#change #refused")

        let letter = try await site.killLetters(about: "Rug")[0].letter
        for path in ["/health", "/pane/health"] {
          try await alpha.open(site.address(.alpha, path))
          try await alpha.isAccessible(showing: "#letter-\(letter)")
        }
        try await alpha.open(site.address(.alpha, "/dead-letters/\(letter)"))
        try await alpha.isAccessible(showing: "#data")
        try await alpha.fill("#data", with: "{")
        try await alpha.press("Save")
        try await alpha.isAccessible(showing: "#data-error")
      }
    }

    @Test
    func `axe-core finds no violation on a problem's page, of which there is one for each service`()
      async throws
    {
      try await withSharedSite { scene in
        let (site, browser) = (scene.site, scene.browser)
        let tab = try await browser.tab(at: site.address(.beta))
        let unknown = "0199e8a2-0000-7000-8000-00000000ffff"
        let problems: [(ServiceName, String, Int)] = [
          (.alpha, "/nothing", 404), (.alpha, "/orders/\(unknown)", 404),
          (.alpha, "/dead-letters/\(unknown)", 404), (.alpha, "/?state=odd", 422),
          (.beta, "/nothing", 404), (.beta, "/carts/\(unknown)", 404), (.beta, "/health", 404),
          (.charlie, "/nothing", 404), (.charlie, "/?before=odd", 422),
          (.overlord, "/nothing", 404), (.overlord, "/events/999999", 404),
          (.overlord, "/events?before=odd", 422), (.overlord, "/traces/\(unknown)", 404),
        ]
        for (service, path, status) in problems {
          let answer = try await site.deployment.http(service).get(
            path, headers: ["Accept": "text/html"])
          #expect(answer.status == status, "\(service)\(path)")
          try await tab.open(site.address(service, path))
          try await tab.isAccessible(showing: "#problem")
        }
      }
    }

    @Test
    func `axe-core finds no violation on open pages that are updated for ten seconds`()
      async throws
    {
      try await withSharedSite { scene in
        let (site, browser) = (scene.site, scene.browser)
        var tabs: [(String, Tab)] = []
        let first = try await browser.tab(at: site.address(.beta))
        for (service, path) in Self.live {
          tabs.append(
            (site.address(service, path), try await site.open(path, of: service, in: browser)))
        }
        let cart = try await site.openForm(in: first)
        tabs.append((site.address(.beta, "/carts/\(cart.id)"), first))
        let shape = Load.Shape(
          customers: 1, clerks: 1, pause: .milliseconds(300), changes: .milliseconds(900))
        let end = ContinuousClock.now + .seconds(10)
        _ = try await site.deployment.underLoad(shape) { load in
          while ContinuousClock.now < end { try await load.progress(3) }
        }
        for (address, tab) in tabs {
          try await tab.wait(
            "the end of the updates", until: "document.querySelector('#away').hidden")
          let violations = try await tab.violations()
          #expect(violations == [], "\(address)")
        }
        try await browser.expectNoErrors()
      }
    }

    /// The pages that changes reach.
    private static let live: [(ServiceName, String)] = [
      (.alpha, "/"), (.alpha, "/settings"), (.charlie, "/"), (.charlie, "/ledger"),
      (.charlie, "/fees"), (.overlord, "/"), (.overlord, "/events"), (.overlord, "/health"),
      (.alpha, "/pane"), (.beta, "/pane"), (.charlie, "/pane"), (.alpha, "/health"),
    ]
  }
}

extension Tab {
  /// Checks a page, once it shows something, on a laptop, in the dark, and on a phone.
  fileprivate func isAccessible(
    showing selector: String, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    try await wait(
      selector, until: "document.querySelector(arguments[0])?.checkVisibility()",
      JSON(stringLiteral: selector))
    let address = try await address
    for viewport in [Viewport.laptop.dark, .phone] {
      try await use(viewport)
      let violations = try await violations()
      #expect(violations == [], "\(address), \(viewport)", sourceLocation: sourceLocation)
    }
    let width = try await run("return document.documentElement.scrollWidth").int ?? 0
    #expect(width <= 390, "\(address)", sourceLocation: sourceLocation)
  }
}
