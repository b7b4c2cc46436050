import Foundation
import Testing

/// The folder of the artefacts.
enum Screenshots {
  static let folder = ProcessInfo.processInfo.environment["BROWSER_SCREENSHOTS"]
    .flatMap { $0.isEmpty ? nil : URL(fileURLWithPath: $0) }
}

extension Stories {
  /// The artefacts of a run: each page, on three screens, in light and in dark.
  @Suite(
    "Browser: screenshots", .serialized, .timeLimit(.minutes(15)),
    .enabled(if: Chromium.isInstalled, Chromium.remedy),
    .enabled(if: Screenshots.folder != nil, "BROWSER_SCREENSHOTS names no folder for them"))
  struct BrowserScreenshots {
    @Test
    func `each page is taken at 390, 1280 and 1920 pixels, in light and in dark`() async throws {
      let folder = try #require(Screenshots.folder)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try await withSite { site, browser in
        let tab = try await browser.tab(at: site.address(.beta))
        let pages = try await site.pages(in: tab, and: try await site.fill(by: tab))
        for page in pages {
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
