import Foundation
import Testing

extension Stories {
  /// The recording with which the README begins: a test, so that it shows what happens.
  @Suite(
    "Browser: recording", .serialized, .timeLimit(.minutes(2)),
    .enabled(if: Chromium.isInstalled, Chromium.remedy),
    .enabled(if: Screenshots.folder != nil, Screenshots.remedy))
  struct BrowserRecording {
    @Test
    func `an order is placed, its charge is cut off by kill -9, and it is charged once`()
      async throws
    {
      let folder = try #require(Screenshots.folder).appending(path: "story")
      try? FileManager.default.removeItem(at: folder)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try await withSite { site, browser in
        let books = try GatewayBooks(site.deployment)
        let stage = try await Stage(site: site, browser: browser, folder: folder)
        let film = stage.film
        try await film.take(frames: 3, of: stage.overlord)
        let first = try await stage.order("Teapot", price: 12)
        try await film.take(of: stage.overlord, untilShown: "finalized")
        // The gateway charges at once and does not answer, so that Charlie is killed in between.
        let second = try await stage.order("test-slow-60000", price: 48)
        try await books.hasCharged(second)
        try await film.take(frames: 3, of: stage.overlord)
        let charge = try await site.deployment.http(.charlie).get("/api/charges/\(second.id)").json
        #expect(charge["state"] == "intended", "its charge is open when Charlie is killed")
        try await site.deployment[.charlie].kill()
        try await film.take(frames: 6, of: stage.overlord)
        try site.launch(.charlie)
        try await film.take(of: stage.overlord, untilShown: "73.00 USD")
        try await film.take(frames: 8, of: stage.overlord)
        try await site.deployment.finished(first, second)
        try await site.deployment.check([(first, .charged), (second, .charged)])
      }
    }
  }
}

/// The pages of a recording, and the work of people by them.
private struct Stage {
  let overlord: Tab
  let film: Film
  private let site: Site
  private let beta: Tab
  private let alpha: Tab

  init(site: Site, browser: Browser, folder: URL) async throws {
    self.site = site
    film = Film(in: folder)
    beta = try await browser.tab(at: site.address(.beta))
    alpha = try await browser.tab(at: site.address(.alpha))
    overlord = try await browser.tab(at: site.address(.overlord))
    for tab in [beta, alpha, overlord] { try await tab.use(.laptop) }
  }

  /// Places an order at Beta's page, and approves it at Alpha's.
  ///
  /// - Parameters:
  ///   - product: the product.
  ///   - price: its price in dollars.
  func order(_ product: String, price: Int64) async throws -> Order {
    let cart = try await site.openForm(in: beta)
    try await beta.fill("#product", with: product)
    try await beta.fill("#price", with: "\(price)")
    try await beta.shows("\(price + 25).00", in: "#total")
    try await film.take(frames: 4, of: beta)
    try await beta.press("Order")
    try await beta.wait("the steps of the order", until: "document.querySelector('ol.steps li')")
    let order = try await site.order(of: cart, price: price * 100)
    try await alpha.shows(product)
    try await film.take(frames: 4, of: alpha)
    try await alpha.press("Approve", in: "tr#order-\(order.id)")
    return order
  }
}

/// The frames of a recording, each of one moment of a page.
private final class Film {
  private let folder: URL
  private var count = 0

  init(in folder: URL) {
    self.folder = folder
  }

  /// Takes so many frames of a page.
  func take(frames: Int, of tab: Tab) async throws {
    for _ in 0..<frames {
      count += 1
      let number = String(count + 1000).dropFirst()
      try await tab.picture().write(to: folder.appending(path: "\(number).png"))
      // The pace of the recording; nothing is awaited by it.
      try await Task.sleep(for: .milliseconds(250))
    }
  }

  /// Takes frames of a page until its strip of events shows some words, and some frames more.
  func take(of tab: Tab, untilShown words: String) async throws {
    let end = ContinuousClock.now + .seconds(20)
    while try await !tab.text(".strip").contains(words) {
      try #require(ContinuousClock.now < end, "\(words) is not shown")
      try await take(frames: 1, of: tab)
    }
    try await take(frames: 4, of: tab)
  }
}
