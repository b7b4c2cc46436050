import Testing

extension Stories {
  /// The ways from page to page, and what stays on one.
  @Suite(
    "Browser: visits", .serialized, .timeLimit(.minutes(3)),
    .enabled(if: Chromium.isInstalled, Chromium.remedy), .sharingSite)
  struct BrowserVisits {
    @Test
    func `a link leads to the top of its page, and back to the position before it`() async throws {
      try await withSharedSite { scene in
        let (site, browser) = (scene.site, scene.browser)
        let alpha = try await browser.tab(at: site.address(.alpha))
        try await alpha.mark()
        try await alpha.run("document.body.style.paddingBottom = '3000px'")
        try await alpha.run("scrollTo(0, 900)")
        try await alpha.wait("the foot", until: "scrollY === 900")
        try await alpha.run("document.querySelector(\"main a[href='/settings']\").click()")
        try await alpha.wait("the settings", until: "document.querySelector('main #fee')")
        #expect(try await alpha.run("return [scrollY, document.activeElement.id]") == [0, "main"])

        try await alpha.back()
        try await alpha.wait("the orders", until: "document.querySelector('main #orders')")
        try await alpha.wait("the position", until: "scrollY === 900")
        try await alpha.isMarked()
        try await browser.expectNoErrors()
      }
    }

    @Test
    func `a link within the page keeps what is typed, and so does back from it`() async throws {
      try await withSharedSite { scene in
        let (site, browser) = (scene.site, scene.browser)
        try await site.quote(fee: 2500)
        let beta = try await browser.tab(at: site.address(.beta))
        _ = try await site.openForm(in: beta)
        try await beta.mark()
        try await beta.fill("#product", with: "wid")
        try await beta.fill("#price", with: "10")
        try await beta.run("document.querySelector('.skip').click()")
        try await beta.wait("the content's address", until: "location.hash === '#main'")
        try await beta.back()
        try await beta.wait("the address before", until: "location.hash === ''")

        // An update that came after a visit would find an empty form.
        try await site.deployment.change(fee: 4000, discount: nil, heardBy: .beta)
        try await beta.wait("the notice", until: "document.querySelector('main .notice')")
        let typed = "return ['product', 'price'].map((id) => document.getElementById(id).value)"
        #expect(try await beta.run(typed) == ["wid", "10"])
        try await beta.isMarked()
        try await browser.expectNoErrors()
      }
    }

    @Test
    func `a refusal outside of a form stays through updates until the next visit`() async throws {
      try await withSharedSite { scene in
        let (site, browser) = (scene.site, scene.browser)
        let order = try await site.deployment.order("lamp")
        try await site.deployment.heard(.alpha, "order.captured applied", order)
        let alpha = try await site.open("/orders/\(order.id)", of: .alpha, in: browser)
        try await alpha.mark()
        try await alpha.run(
          """
          const form = document.querySelector("#decision form[data-keep]");
          form.elements.reason.value = " ";
          form.requestSubmit();
          """)
        try await alpha.wait("the refusal", until: "document.querySelector('main > #refused')")
        let refusal = try await alpha.text("#refused")

        try await site.deployment.approve(order)
        try await alpha.wait("the decision", until: "!document.querySelector('#decision')")
        #expect(try await alpha.text("#refused") == refusal)
        try await alpha.run("document.querySelector(\"main a[href='/']\").click()")
        try await alpha.wait("the orders", until: "document.querySelector('main #orders')")
        #expect(try await alpha.text("#refused") == "")
        try await alpha.isMarked()
      }
    }
  }
}
