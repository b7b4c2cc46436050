import Testing

extension Stories {
  /// Overlord's first page on a presenter's screen, with its panes measured from inside.
  @Suite(
    "Browser: panes", .serialized, .timeLimit(.minutes(6)),
    .enabled(if: Chromium.isInstalled, Chromium.remedy), .sharingFilledSite)
  struct BrowserPanes {
    @Test(arguments: [Viewport.projector, .laptop])
    func `each pane shows all of its content, with much to show`(viewport: Viewport) async throws {
      try await withSharedSite { scene in
        let overlord = try await scene.browser.tab(at: scene.site.address(.overlord))
        try await overlord.use(viewport)
        try await overlord.reload()
        // Whatever step Beta's pane is at, from the form to the end of an order.
        try await fits(overlord, "as it begins")
        try await overlord.inside("#frame-beta iframe") {
          try await overlord.fill("#product", with: Self.longName)
          try await overlord.fill("#price", with: "ten")
          try await overlord.press("Order", in: "#order-form")
          try await overlord.wait("a refusal", until: "document.querySelector('#price-error')")
        }
        try await fits(overlord, "with a refusal")
        try await overlord.inside("#frame-beta iframe") {
          try await overlord.fill("#price", with: "12345,67")
          try await overlord.wait("no refusal", until: "!document.querySelector('#price-error')")
        }
        try await changeSettings(of: scene.site)
        try await overlord.inside("#frame-beta iframe") {
          try await overlord.wait("the notice", until: "document.querySelector('#terms')")
        }
        try await fits(overlord, "with a better quote")
        try await overlord.inside("#frame-beta iframe") {
          try await overlord.press("Order", in: "#order-form")
          try await overlord.wait("the steps", until: "document.querySelector('ol.steps li.now')")
        }
        try await fits(overlord, "with an order in flight")
        try await end(in: overlord)
        try await fits(overlord, "with the end of an order")
      }
    }

    @Test
    func `the text of a pane grows with the screen, and names of products have room`() async throws
    {
      try await withSharedSite { scene in
        let overlord = try await scene.browser.tab(at: scene.site.address(.overlord))
        var sizes: [Int64] = []
        for viewport in [Viewport.laptop, .projector] {
          try await overlord.use(viewport)
          for pane in Tab.panes {
            sizes.append(
              try await overlord.inside(pane) {
                let size = "return Math.floor(parseFloat(getComputedStyle(document.body).fontSize))"
                return try #require(try await overlord.run(size).int)
              })
          }
          let cut = try await overlord.inside("#frame-charlie iframe") {
            try await overlord.run(
              """
              return [...document.querySelectorAll("#last tbody th")].filter((each) => each.checkVisibility()
                && each.scrollWidth > each.clientWidth).map((each) => each.textContent).join();
              """)
          }
          #expect(cut == "", "\(viewport)")
        }
        #expect(sizes == [14, 14, 14, 19, 19, 19])
      }
    }

    private static let longName = "A lamp of oak, with a very long name indeed, for the desk"

    /// Settings that are better for a customer than those before.
    private func changeSettings(of site: Site) async throws {
      let settings = try await site.deployment.http(.alpha).get("/api/settings").json
      let fee = try #require(settings["fee"]["amount"].int)
      try await site.deployment.change(fee: fee - 100, discount: 0, heardBy: .beta)
    }

    /// Rejects the order of Beta's pane with a long reason, and waits until the form is open again.
    private func end(in overlord: Tab) async throws {
      let order = try await overlord.inside("#frame-beta iframe") {
        try await overlord.run("return document.querySelector('.progress').id.slice(6)").text
      }
      try await SharedSite.current?.site.reject(order)
      try await overlord.inside("#frame-beta iframe") {
        try await overlord.wait("the form", until: "document.querySelector('#order-form')")
      }
    }

    /// Checks that no pane has to be scrolled, and neither has the page.
    private func fits(_ overlord: Tab, _ moment: String) async throws {
      for pane in Tab.panes {
        let size = try await overlord.inside(pane) { try await overlord.run(Self.size) }
        #expect(size == [true, true], "\(pane) \(moment)")
      }
      #expect(try await overlord.run(Self.size) == [true, true], "the page \(moment)")
      let own = try await overlord.run(
        """
        const pane = document.getElementById("pane-overlord");
        return [pane.scrollWidth <= pane.clientWidth, pane.scrollHeight <= pane.clientHeight];
        """)
      #expect(own == [true, true], "Overlord's own pane \(moment)")
    }

    private static let size = """
      const root = document.documentElement;
      return [root.scrollWidth <= innerWidth, root.scrollHeight <= innerHeight];
      """
  }
}

extension Site {
  fileprivate func reject(_ order: String) async throws {
    let unknown = Order(
      id: order, cart: try await deployment.openCart(), price: 0, requestID: "")
    try await deployment.heard(.alpha, "order.captured applied", unknown)
    _ = try await deployment.http(.alpha).post(
      "/api/orders/\(order)/reject", ["reason": "Out of stock until Friday, or the Friday after it"]
    )
  }
}
