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
          for viewport in [Viewport.laptop, .phone.dark] {
            try await tab.use(viewport)
            let violations = try await tab.violations()
            #expect(violations == [], "\(page), \(viewport)")
          }
        }
      }
    }

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

    // MARK: The artefacts of a run

    @Test(.enabled(if: Screenshots.folder != nil, Screenshots.remedy))
    func `a screenshot of each page is taken at 390, 1280 and 1920 pixels, in light and in dark`()
      async throws
    {
      let folder = try #require(Screenshots.folder)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try await withSharedSite { scene in
        let tab = try await scene.browser.tab(at: scene.site.address(.beta))
        for page in scene.pages {
          try await tab.open(page.address)
          for screen in [Viewport.phone, .laptop, .projector] {
            for viewport in [screen, screen.dark] {
              try await tab.use(viewport)
              let image = try await tab.screenshot()
              #expect(image.starts(with: Array("\u{89}PNG".unicodeScalars.map { UInt8($0.value) })))
              try image.write(to: folder.appending(path: "\(page)-\(viewport).png"))
            }
          }
        }
      }
    }
  }
}
