import Foundation
import Testing

extension Stories {
  /// Every page as it is looked at: for errors, by everyday and by other means, on each screen.
  @Suite(
    "Browser: pages", .serialized, .timeLimit(.minutes(6)),
    .enabled(if: Chromium.isInstalled, Chromium.remedy), .sharingFilledSite)
  struct BrowserPages {
    @Test
    func `no page has an error on its console, or a request that fails`() async throws {
      try await withSharedSite { scene in
        let (site, browser) = (scene.site, scene.browser)
        let tab = try await browser.tab(at: site.address(.beta))
        for page in scene.pages {
          try await tab.open(page.address)
          try await tab.wait(
            "style of \(page)", until: "document.styleSheets[0].cssRules.length > 9")
          let errors = try await browser.errors()
          #expect(errors == [], "\(page)")
          let ids = try await tab.run(
            "return [...document.querySelectorAll('[id]')].map((e) => e.id)")
          #expect(Set(ids.list).count == ids.list.count, "each id is once on \(page)")
        }
      }
    }

    @Test(.enabled(if: Axe.isInstalled, Axe.remedy))
    func `axe-core finds no violation on any page, in light and in dark`() async throws {
      try await withSharedSite { scene in
        let tab = try await scene.browser.tab(at: scene.site.address(.beta))
        for page in scene.pages {
          try await tab.open(page.address)
          for viewport in [Viewport.laptop, .laptop.dark, .phone] {
            try await tab.use(viewport)
            let violations = try await tab.violations()
            #expect(violations == [], "\(page), \(viewport)")
          }
        }
      }
    }

    @Test(.enabled(if: Axe.isInstalled, Axe.remedy))
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
    ]

    @Test
    func `no page is wider than a phone of 390 pixels`() async throws {
      try await withSharedSite { scene in
        let tab = try await scene.browser.tab(at: scene.site.address(.beta))
        try await tab.use(.phone)
        for page in scene.pages {
          try await tab.open(page.address)
          let width = try await tab.run("return document.documentElement.scrollWidth")
          let wide = try await tab.run(
            """
            return [...document.querySelectorAll("main *")]
              .filter((each) => each.getBoundingClientRect().right > innerWidth
                && !each.closest(".scroll")).slice(0, 3).map((each) => each.outerHTML.slice(0, 200))
            """)
          let pixels = try #require(width.int)
          #expect(pixels <= 390, "\(page): \(wide)")
        }
      }
    }

    @Test(arguments: [Viewport.projector, .laptop])
    func `Overlord's first page needs no scrolling`(viewport: Viewport) async throws {
      try await withSharedSite { scene in
        let tab = try await scene.browser.tab(at: scene.site.address(.overlord))
        try await tab.use(viewport)
        try await tab.reload()
        try await tab.wait(
          "the four panes", until: "document.querySelectorAll('iframe').length >= 3")
        let size = try await tab.run(
          """
          const root = document.documentElement;
          return [root.scrollWidth, root.scrollHeight];
          """)
        let width = try #require(size[0].int)
        let height = try #require(size[1].int)
        #expect(width <= viewport.width)
        #expect(height <= viewport.height)
      }
    }
  }
}
