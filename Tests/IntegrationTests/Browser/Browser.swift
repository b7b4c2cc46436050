import Events
import Foundation
import Synchronization
import Testing

/// A browser with its tabs.
final class Browser: Sendable {
  let driver: WebDriver
  /// The tab to which commands go.
  private let current = Mutex("")
  private let open = Mutex<[String]>([])

  init(_ driver: WebDriver) {
    self.driver = driver
  }

  /// Opens a tab at an address.
  func tab(at address: String) async throws -> Tab {
    let window = try await driver.post("/window/new", ["type": "tab"])
    let tab = Tab(browser: self, handle: window["handle"].text)
    open.withLock { $0.append(tab.handle) }
    try await tab.open(address)
    return tab
  }

  /// Closes all tabs but the empty one with which the browser began.
  func closeTabs() async throws {
    for handle in open.withLock(\.self) { try await close(handle) }
    let first = try await driver.get("/window/handles")[0]
    try await turn(to: first.text)
  }

  fileprivate func close(_ handle: String) async throws {
    try await turn(to: handle)
    try await driver.delete("/window")
    open.withLock { $0.removeAll { $0 == handle } }
  }

  /// Makes a tab the one to which commands go.
  func turn(to handle: String) async throws {
    guard current.withLock({ $0 }) != handle else { return }
    try await driver.post("/window", ["handle": JSON(stringLiteral: handle)])
    current.withLock { $0 = handle }
  }

  /// The errors that the console has had since the last look, of scripts and of requests.
  func errors() async throws -> [String] {
    let entries = try await driver.post("/se/log", ["type": "browser"])
    return entries.list.filter { $0["level"] == "SEVERE" }.map { $0["message"].text }
  }

  /// Checks that no script has failed, and no request, since the last look.
  func expectNoErrors(sourceLocation: SourceLocation = #_sourceLocation) async throws {
    let errors = try await errors()
    #expect(errors == [], sourceLocation: sourceLocation)
  }
}

/// A tab of a browser, as a person uses it.
struct Tab: Sendable {
  let browser: Browser
  let handle: String

  func open(_ address: String) async throws {
    try await post("/url", ["url": JSON(stringLiteral: address)])
  }

  var address: String {
    get async throws { try await run("return location.href").text }
  }

  func close() async throws { try await browser.close(handle) }
  func back() async throws { try await post("/back") }
  func reload() async throws { try await post("/refresh") }

  @discardableResult
  func post(_ path: String, _ body: JSON = [:]) async throws -> JSON {
    try await browser.turn(to: handle)
    return try await browser.driver.post(path, body)
  }

  /// Runs a script in the page, and returns its value, that of a promise once it is kept.
  @discardableResult
  func run(_ script: String, _ arguments: JSON...) async throws -> JSON {
    try await post(
      "/execute/sync", ["script": JSON(stringLiteral: script), "args": JSON(list: arguments)])
  }

  /// Runs a command of the browser's own protocol.
  @discardableResult
  func command(_ name: String, _ parameters: JSON = [:]) async throws -> JSON {
    try await post("/goog/cdp/execute", ["cmd": JSON(stringLiteral: name), "params": parameters])
  }

  // MARK: Waiting

  /// Waits until a script's value is one; it fails with what the page shows.
  ///
  /// - Parameters:
  ///   - what: the awaited fact, for the failure's sentence.
  ///   - script: an expression.
  @discardableResult
  func wait(
    _ what: String, within limit: Duration = .seconds(20), until script: String,
    _ arguments: JSON...
  ) async throws -> JSON {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
      let value = try? await post(
        "/execute/sync",
        ["script": JSON(stringLiteral: "return (\(script))"), "args": JSON(list: arguments)])
      if let value, !value.isNull, value != false { return value }
      try await Task.sleep(for: .milliseconds(50))
    }
    let page = try? await run("return location.href + '\\n' + document.body.innerText")
    throw MissingOnPage(
      description: "no \(what) within \(limit) on \(page?.text.prefix(3000) ?? "no page")")
  }

  /// Waits until the whole text of the page has these words.
  func shows(_ words: String, in selector: String = "main") async throws {
    try await wait(
      "“\(words)” in \(selector)",
      until: """
        [...document.querySelectorAll(arguments[0])]
          .some((each) => each.innerText.includes(arguments[1]))
        """, JSON(stringLiteral: selector), JSON(stringLiteral: words))
  }

  /// The text of the first element of a selector.
  func text(_ selector: String) async throws -> String {
    try await run(
      "return document.querySelector(arguments[0])?.innerText ?? ''",
      JSON(stringLiteral: selector)
    ).text
  }
}

/// Something that a page did not show.
struct MissingOnPage: Error, CustomStringConvertible {
  let description: String
}
