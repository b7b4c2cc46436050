import Foundation
import Testing

extension Stories {
  /// `eventually demo --step` beside Overlord's page, which shows each of its points.
  @Suite(
    "Browser: demo", .serialized, .timeLimit(.minutes(2)),
    .enabled(if: Chromium.isInstalled, Chromium.remedy),
    .enabled(if: Screenshots.folder != nil, Screenshots.remedy))
  struct BrowserDemo {
    @Test
    func `each point of the demo is on the pages that it names, and on Overlord's first page`()
      async throws
    {
      let folder = try #require(Screenshots.folder)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try await withSite { site, browser in
        let overlord = try await browser.tab(at: site.address(.overlord))
        let named = try await browser.tab(at: site.address(.alpha))
        try await overlord.use(.laptop)
        let demo = try await site.deployment.demoByStep()
        for point in Point.all {
          let count = demo.lines.all.count
          try await overlord.click("nav[aria-label=Stories] a[href='\(point.story)']")
          try demo.pressReturn(in: site.deployment)
          try await point.isPlayed(by: demo, after: count)
          let events = try await site.deployment.events()
          let last = try #require(events.last { $0.type == point.event })
          try await overlord.wait(
            "the event of point \(point.number)", until: "document.getElementById(arguments[0])",
            "event-\(last.position)")
          try await overlord.wait("end of what moves", until: Tab.rest)
          try await overlord.picture().write(
            to: folder.appending(path: "demo-\(point.number).png"))
          let pages = demo.lines.all.dropFirst(count).compactMap { line in
            line.text.split(separator: "Look at ", maxSplits: 1).last.map(String.init)
          }.filter { $0.hasPrefix("http") }
          #expect(!pages.isEmpty)
          for (index, page) in pages.enumerated() {
            try await named.open(page)
            try await named.wait("the page", until: "document.querySelector('main h1')")
            try await named.picture().write(
              to: folder.appending(path: "demo-\(point.number)-\(index + 1).png"))
          }
        }
        try await browser.expectNoErrors()
      }
    }
  }
}

/// A point of the demo.
private struct Point {
  let number: Int
  /// The address at Overlord on which its events are.
  let story: String
  /// The type of its last event.
  let event: String

  static let all = [
    Point(number: 1, story: "/?story=change", event: "settings.changed"),
    Point(number: 2, story: "/?story=transition", event: "order.captured"),
    Point(number: 3, story: "/", event: "order.finalized"),
    Point(number: 4, story: "/?story=transition", event: "order.finalized"),
    Point(number: 5, story: "/", event: "order.finalized"),
  ]

  func isPlayed(by demo: ChildProcess, after count: Int) async throws {
    guard number < Self.all.count else {
      #expect(try await demo.ending() == .exited(0))
      return
    }
    _ = try await demo.line("the next point", after: count) {
      $0.text.hasPrefix("\(number + 1) of 5.")
    }
  }
}

extension Deployment {
  /// The demo, which waits for Return before its first point.
  fileprivate func demoByStep() async throws -> ChildProcess {
    let demo = try shell(
      "mkfifo keys && exec 3<>keys && exec \"$0\" \"$@\" <&3",
      [try Programs.path("eventually"), "demo", "--step"] + (try await addresses()))
    _ = try await demo.line("its first point") { $0.text.hasPrefix("1 of 5.") }
    return demo
  }
}

extension ChildProcess {
  fileprivate func pressReturn(in deployment: Deployment) throws {
    let keys = try FileHandle(forWritingTo: URL(fileURLWithPath: deployment.folder + "/keys"))
    try keys.write(contentsOf: Data("\n".utf8))
    try keys.close()
  }
}
