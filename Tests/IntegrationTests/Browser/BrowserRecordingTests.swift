import Foundation
import Testing

extension Stories {
  /// The recording with which the README begins: a test, so that it shows what happens.
  @Suite(
    "Browser: recording", .serialized, .timeLimit(.minutes(2)),
    .enabled(if: Chromium.isInstalled, Chromium.remedy),
    .enabled(if: Screenshots.folder != nil, "BROWSER_SCREENSHOTS names no folder for it"))
  struct BrowserRecording {
    @Test
    func `an order is placed, its charge is cut off by kill -9, and it is charged once`()
      async throws
    {
      let folder = try #require(Screenshots.folder).appending(path: "story")
      try? FileManager.default.removeItem(at: folder)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try await withSite { site, browser in
        let tab = try await browser.tab(at: site.address(.overlord))
        try await tab.use(.laptop)
        let film = Film(of: tab, in: folder)
        let first = try await site.deployment.order("Teapot", price: 1250)
        try await film.take(untilShown: "Teapot")
        try await site.deployment.approve(first)
        try await film.take(untilShown: "finalized")
        // The gateway takes its time, so that the charge is in progress when Charlie is killed.
        let second = try await site.deployment.order("test-slow-2000", price: 4800)
        try await site.deployment.approve(second)
        try await film.take(frames: 3)
        try await site.deployment[.charlie].kill()
        try await film.take(frames: 6)
        try site.launch(.charlie)
        try await film.take(untilShown: "73.00 USD")
        try await film.take(frames: 8)
        try await site.deployment.finished([first, second])
        let entries = try await site.deployment.http(.charlie)
          .get("/api/ledger/entries?order=\(second.id)").json
        #expect(entries["entries"].list.count == 1, "it is charged once")
      }
    }
  }
}

/// The frames of a recording, each of one moment of a page.
private final class Film {
  private let tab: Tab
  private let folder: URL
  private var count = 0

  init(of tab: Tab, in folder: URL) {
    self.tab = tab
    self.folder = folder
  }

  /// Takes so many frames.
  func take(frames: Int) async throws {
    for _ in 0..<frames {
      count += 1
      let image = try await tab.command("Page.captureScreenshot", ["format": "png"])
      let data = try #require(Data(base64Encoded: image["data"].text))
      let number = String(count + 1000).dropFirst()
      try data.write(to: folder.appending(path: "\(number).png"))
      // The pace of the recording; nothing is awaited by it.
      try await Task.sleep(for: .milliseconds(250))
    }
  }

  /// Takes frames until the strip of events shows some words, and some frames more.
  func take(untilShown words: String) async throws {
    let end = ContinuousClock.now + .seconds(20)
    while try await !tab.text(".strip").contains(words) {
      try #require(ContinuousClock.now < end, "\(words) is not shown")
      try await take(frames: 1)
    }
    try await take(frames: 4)
  }
}
