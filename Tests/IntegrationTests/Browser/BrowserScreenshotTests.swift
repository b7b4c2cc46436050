import Foundation
import Testing

/// The folder of the artefacts.
enum Screenshots {
  static let folder = ProcessInfo.processInfo.environment["BROWSER_SCREENSHOTS"]
    .flatMap { $0.isEmpty ? nil : URL(fileURLWithPath: $0) }
  static let remedy: Comment = "BROWSER_SCREENSHOTS names no folder for them"
}

/// The artefacts of a run: each page, on three screens, in light and in dark.
extension Stories.BrowserPages {
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
