import Testing

extension Stories {
  /// The charts of Overlord's page of health, which move by themselves.
  @Suite(
    "Browser: health", .serialized, .timeLimit(.minutes(3)),
    .enabled(if: Chromium.isInstalled, Chromium.remedy))
  struct BrowserHealth {
    @Test
    func `the lag of a follower that is killed grows in its chart, and falls when it is back`()
      async throws
    {
      try await withSite { site, browser in
        let health = try await browser.tab(at: site.address(.overlord, "/health"))
        try await health.mark()
        try await lag("0 now, ", of: .charlie, on: health)
        try await site.deployment[.charlie].kill()
        try await site.deployment.change(fee: 3000, discount: nil, heardBy: .beta)
        try await site.deployment.change(fee: 3100, discount: nil, heardBy: .beta)
        try await lag("2 now, 2 at most", of: .charlie, on: health)
        let bar = try await health.inside("#frame-alpha iframe") {
          try await health.run(
            "return document.querySelector('#lag-charlie rect:last-child').getAttribute('height')")
        }
        #expect(bar == "58", "the last minute is the highest bar")
        try site.launch(.charlie)
        try await lag("0 now, 2 at most", of: .charlie, on: health)
        try await health.shows("0 now, ", in: "#lag-in-alpha figcaption")
        try await health.isMarked()
      }
    }

    private func lag(_ words: String, of follower: ServiceName, on health: Tab) async throws {
      try await health.inside("#frame-alpha iframe") {
        try await health.shows(words, in: "#lag-of-\(follower) figcaption")
      }
    }
  }
}
