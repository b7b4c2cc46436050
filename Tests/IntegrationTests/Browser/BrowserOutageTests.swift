import Foundation
import Glibc
import Testing

extension Stories {
  /// Services that are killed under open pages.
  @Suite(
    "Browser: outages", .serialized, .timeLimit(.minutes(10)),
    .enabled(if: Chromium.isInstalled, Chromium.remedy))
  struct BrowserOutages {
    /// `BROWSER_SECONDS=60` is the long run.
    private static let duration = Duration.seconds(
      ProcessInfo.processInfo.environment["BROWSER_SECONDS"].flatMap { Int($0) } ?? 20)
    /// The pace of the kills.
    ///
    /// It is no barrier: each wait of this test is one for what a page shows.
    private static let pace = Duration.seconds(3)
    /// How often each daemon is killed at least: five times in a minute at this pace, and three times
    /// on a machine that is slow to bring all pages back.
    private static let leastKills = max(1, Int(duration / .seconds(20)))

    @Test
    func `kill -9 of each daemon in turn leaves every open page as it was, and each event once`()
      async throws
    {
      try await withSite { site, browser in
        let pages = try await open(in: browser, of: site)
        let shape = Load.Shape(
          customers: 1, clerks: 1, pause: .milliseconds(700), changes: .seconds(2))
        let demand = try await site.deployment.underLoad(shape) { load in
          try await load.progress(3)
          let start = ContinuousClock.now
          var next = start
          var kills: [ServiceName: Int] = [:]
          while ContinuousClock.now < start + Self.duration {
            let number = kills.values.reduce(0, +)
            let service = ServiceName.allCases[number % ServiceName.allCases.count]
            try await kill(service, of: site, under: pages.filter { $0.service == service })
            kills[service, default: 0] += 1
            next += Self.pace
            try await Task.sleep(until: max(next, .now))
          }
          for service in ServiceName.allCases {
            #expect(kills[service, default: 0] >= Self.leastKills, "\(service): \(kills)")
          }
          for page in pages { try await page.isBack() }
          try await load.progress(3)
        }
        #expect(!demand.stories.isEmpty)
        for page in pages { try await page.isAsItWas() }
        try await expectEachEventOnce(of: site, on: pages)
      }
    }

    @Test
    func
      `a page of a service that waits at its start says why, and then has its content`()
      async throws
    {
      try await withSite { site, browser in
        let open = try await browser.tab(at: site.address(.alpha, "/settings"))
        let overlord = try await browser.tab(at: site.address(.overlord, "/health"))
        let heading = try await open.run("return document.querySelector('main h1').textContent")
        try await site.deployment.stop(.alpha)
        let other = try await Stranger(
          site.deployment.journalFile(.alpha), "SELECT * FROM journal", "BEGIN IMMEDIATE")
        try site.launch(.alpha)
        let alpha = site.deployment[.alpha]
        try await alpha.logged("that it waits") { $0.message.hasPrefix("the start waits: ") }
        let reason = "document.querySelector('main').textContent.includes('is locked by')"
        let early = try await browser.tab(at: site.address(.alpha, "/settings"))
        try await early.wait("the reason", until: reason)
        #expect(try await open.run("return !document.getElementById('away').hidden") == true)
        #expect(try await open.run("return \(reason)") == false, "it keeps its content")
        if Axe.isInstalled { #expect(try await early.violations() == []) }
        try await other.end()
        for tab in [open, early] {
          try await tab.wait(
            "the page",
            until: """
              document.getElementById('away').hidden
              && document.querySelector('main h1').textContent === arguments[0]
              """, heading)
        }
        try await overlord.wait(
          "the pane", until: "!document.querySelector('#frame-alpha iframe').hidden")
      }
    }

    /// Kills a service, and starts it again at once, as a supervisor does.
    private func kill(_ service: ServiceName, of site: Site, under pages: [OpenPage]) async throws {
      for page in pages { try await page.isBack() }
      var before: [Int64] = []
      for page in pages { before.append(try await page.losses()) }
      try await site.deployment[service].kill()
      for (page, losses) in zip(pages, before) { try await page.shows(lossAfter: losses) }
      try site.launch(service)
      for page in pages { try await page.isThere() }
    }

    private func open(in browser: Browser, of site: Site) async throws -> [OpenPage] {
      let tab = try await browser.tab(at: site.address(.beta))
      let cart = try await site.openForm(in: tab)
      var pages = [
        OpenPage(service: .beta, address: site.address(.beta, "/carts/\(cart.id)"), tab: tab)
      ]
      let letter = try await site.killLetters(about: "a dead one")[0].letter
      let waiting = try await site.deployment.order("a waiting one")
      for service in [ServiceName.alpha, .overlord] {
        try await site.deployment.heard(service, "order.captured applied", waiting)
      }
      let paths: [(ServiceName, String)] = [
        (.alpha, "/"), (.alpha, "/settings"), (.alpha, "/orders/\(waiting.id)"), (.beta, "/"),
        (.charlie, "/"), (.charlie, "/ledger"), (.charlie, "/fees"), (.overlord, "/"),
        (.overlord, "/events"), (.overlord, "/health"), (.overlord, "/schemas"),
        (.overlord, "/traces/\(waiting.requestID)"), (.overlord, "/events/1"),
        (.alpha, "/pane"), (.beta, "/pane"), (.charlie, "/pane"), (.alpha, "/pane/health"),
        (.alpha, "/health"), (.charlie, "/health"), (.alpha, "/dead-letters/\(letter)"),
      ]
      for (service, path) in paths {
        let tab = try await site.open(path, of: service, in: browser)
        pages.append(OpenPage(service: service, address: site.address(service, path), tab: tab))
      }
      for page in pages { try await page.use() }
      return pages
    }

    private func expectEachEventOnce(of site: Site, on pages: [OpenPage]) async throws {
      let events = try await site.deployment.events()
      #expect(Set(events.map(\.id)).count == events.count)
      for stream in [ServiceName.alpha, .beta, .charlie] {
        let numbers = events.filter { $0.stream == stream.rawValue }.map(\.sequence)
        #expect(numbers == Array(1...Int64(numbers.count)), "\(stream)")
      }
      let last = try #require(events.last)
      for page in pages where page.service == .overlord {
        try await page.tab.wait(
          "the last event",
          until: """
            !document.querySelector("[id^=event-]") || document.getElementById(arguments[0])
            """, "event-\(last.position)")
        let ids = try await page.tab.run(
          "return [...document.querySelectorAll('[id]')].map((e) => e.id)")
        #expect(Set(ids.list).count == ids.list.count, "each id is once on \(page.address)")
      }
    }
  }
}

/// A page that a person has open, with the focus in it and something typed.
private struct OpenPage: Sendable {
  let service: ServiceName
  let address: String
  let tab: Tab

  /// Types half a word into the first field, or else puts the focus on the first link, and in a frame on
  /// its content; and counts how often the page says that its service is away.
  func use() async throws {
    try await tab.run(
      """
      window.losses = 0;
      const away = document.getElementById("away");
      new MutationObserver(() => { if (!away.hidden) window.losses += 1; })
        .observe(away, { attributes: true, attributeFilter: ["hidden"] });
      const field = [...document.querySelectorAll("main :is(input, textarea)")].find((each) =>
        each.checkVisibility() && ["text", "search", "textarea"].includes(each.type));
      window.used = field ?? document.querySelector("header nav a") ?? document.getElementById("main");
      window.used.focus();
      if (field) {
        field.value = "half typ";
        field.dispatchEvent(new Event("input", { bubbles: true }));
        field.setSelectionRange(2, 6);
      } else getSelection().selectAllChildren(document.querySelector("main h1"));
      """)
    try await tab.mark()
  }

  /// How often the page has said so far that its service is away.
  func losses() async throws -> Int64 {
    try await tab.run("return window.losses").int ?? 0
  }

  func shows(lossAfter losses: Int64) async throws {
    try await tab.wait(
      "word of the loss on \(address)", until: "window.losses > arguments[0]", JSON(losses))
  }

  /// Waits until the page has its service again.
  func isBack() async throws {
    try await tab.wait("connection of \(address)", until: "document.getElementById('away').hidden")
  }

  /// Checks that the browser shows the page itself, and no error of its own.
  func isThere() async throws {
    #expect(try await tab.address == address)
    #expect(try await tab.run("return !!document.querySelector('main h1')") == true, "\(address)")
    try await tab.isMarked()
  }

  func isAsItWas() async throws {
    try await isThere()
    let kept = try await tab.run(
      """
      const { used } = window;
      return [document.activeElement === used, used.isConnected, used.value ?? "half typ",
        used.selectionStart ?? 2, used.selectionEnd ?? 6,
        used.value !== undefined || getSelection().toString() === document.querySelector("main h1").innerText];
      """)
    #expect(kept == [true, true, "half typ", 2, 6, true], "\(address)")
  }
}
