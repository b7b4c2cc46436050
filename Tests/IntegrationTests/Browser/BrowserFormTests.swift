import Testing

extension Stories {
  /// Beta's form, as it is filled in while something else happens.
  @Suite(
    "Browser: forms", .serialized, .timeLimit(.minutes(3)),
    .enabled(if: Chromium.isInstalled, Chromium.remedy), .sharingSite)
  struct BrowserForms {
    @Test
    func `a quote stands when the settings change while its form is open`() async throws {
      try await withSharedSite { scene in
        let (site, browser) = (scene.site, scene.browser)
        try await site.quote(fee: 2500)
        let beta = try await browser.tab(at: site.address(.beta))
        let cart = try await site.openForm(in: beta)
        try await beta.mark()
        try await beta.type("wid", into: "#product")
        try await beta.fill("#price", with: "10")
        try await beta.shows("35.00", in: "#total")
        try await beta.focus("#product", selecting: 1, to: 2)

        try await site.deployment.change(fee: 4000, discount: nil, heardBy: .beta)
        try await beta.wait("the notice", until: "document.querySelector('main .notice')")
        #expect(try await beta.run(Tab.focused) == ["product", "wid", 1, 2])
        #expect(try await beta.text("#total").contains("35.00"))
        // A better fee is offered, and not taken by itself.
        try await site.deployment.change(fee: 1000, discount: nil, heardBy: .beta)
        try await beta.shows("10.00", in: "main .notice")
        #expect(try await beta.text("#total").contains("35.00"))

        try await beta.fill("#product", with: "widget")
        try await beta.press("Order")
        try await beta.wait(
          "the steps of the order", until: "document.querySelector('ol.steps li')")
        let order = try await site.order(of: cart, price: 1000)
        #expect(try await site.deployment.alphaOrder(order)["total"]["amount"] == 3500)
        try await beta.isMarked()
        try await browser.expectNoErrors()
      }
    }

    @Test
    func `a refusal stays until it is corrected, and the total is announced after a pause`()
      async throws
    {
      try await withSharedSite { scene in
        let (site, browser) = (scene.site, scene.browser)
        try await site.quote(fee: 2500)
        let beta = try await browser.tab(at: site.address(.beta))
        _ = try await site.openForm(in: beta)
        try await beta.fill("#product", with: " ")
        try await beta.fill("#price", with: "10")
        try await beta.press("Order")
        try await beta.shows("is empty", in: "#product-error")
        try await site.deployment.change(fee: 4000, discount: nil, heardBy: .beta)
        try await beta.wait("the notice", until: "document.querySelector('#terms')")
        #expect(try await beta.text("#product-error").contains("is empty"))
        try await beta.fill("#product", with: "widget")
        try await beta.wait("no problem", until: "!document.querySelector('#product-error')")

        try await beta.run(
          """
          const [total, price] = ["said", "price"].map((id) => document.getElementById(id));
          window.announced = [];
          new MutationObserver(() => window.announced.push(total.textContent))
            .observe(total, { childList: true, characterData: true, subtree: true });
          for (const text of ["1", "12", "12.5"]) {
            price.value = text;
            price.dispatchEvent(new InputEvent("input", { bubbles: true }));
          }
          """)
        try await beta.shows("37.50", in: "#total")
        try await beta.wait("the announcement", until: "window.announced.length > 0")
        #expect(try await beta.run("return window.announced") == ["The total is 37.50 USD."])
      }
    }

    @Test
    func `back from an open form shows the page before it`() async throws {
      try await withSharedSite { scene in
        let (site, browser) = (scene.site, scene.browser)
        try await site.quote(fee: 2500)
        let beta = try await browser.tab(at: site.address(.beta))
        _ = try await site.openForm(in: beta)
        try await beta.fill("#product", with: "widget")
        try await beta.mark()
        try await beta.back()
        try await beta.shows("Start an order", in: "main button")
        try await beta.isMarked()
        try await browser.expectNoErrors()
      }
    }
  }
}
