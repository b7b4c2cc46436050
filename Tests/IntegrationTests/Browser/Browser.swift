import Events
import Foundation
import Synchronization
import Testing

/// A browser with its tabs.
final class Browser: Sendable {
  let driver: WebDriver
  /// The tab to which commands go.
  private let current = Mutex("")

  init(_ driver: WebDriver) {
    self.driver = driver
  }

  /// Opens a tab at an address.
  func tab(at address: String) async throws -> Tab {
    let window = try await driver.post("/window/new", ["type": "tab"])
    let tab = Tab(browser: self, handle: window["handle"].text)
    try await tab.open(address)
    return tab
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

  // MARK: Acting

  /// Presses a button by its label, once it is there.
  ///
  /// - Parameters:
  ///   - label: its text, or the first words of it.
  ///   - selector: the part of the page in which it is.
  func press(_ label: String, in selector: String = "main") async throws {
    try await act(on: Self.button, "button “\(label)” in \(selector)", selector, label) {
      try await post("/element/\($0)/click")
    }
  }

  /// Clicks twice at once on a button.
  func doubleClick(_ label: String, in selector: String = "main") async throws {
    try await act(on: Self.button, "button “\(label)” in \(selector)", selector, label) { id in
      let press: [JSON] = [
        ["type": "pointerDown", "button": 0], ["type": "pointerUp", "button": 0],
      ]
      let move: JSON = [
        "type": "pointerMove", "duration": 0, "x": 0, "y": 0, "origin": Self.reference(id),
      ]
      let pointer: JSON = [
        "type": "pointer", "id": "mouse", "actions": JSON(list: [move] + press + press),
      ]
      try await post("/actions", ["actions": [pointer]])
    }
  }

  /// Replaces the text of a field by keys.
  func fill(_ selector: String, with text: String) async throws {
    try await type("\(Key.control)a\(Key.none)\(text)", into: selector)
  }

  /// Types into a field.
  func type(_ text: String, into selector: String) async throws {
    try await act(on: Self.visible, "field \(selector)", selector) {
      try await post("/element/\($0)/value", ["text": JSON(stringLiteral: text)])
    }
  }

  /// Sets a checkbox by a click.
  func check(_ selector: String, as isOn: Bool) async throws {
    let state = "document.querySelector(arguments[0])"
    try await wait("checkbox \(selector)", until: state, JSON(stringLiteral: selector))
    guard
      try await run("return \(state).checked", JSON(stringLiteral: selector))
        != JSON(booleanLiteral: isOn)
    else { return }
    try await act(on: Self.visible, "checkbox \(selector)", selector) {
      try await post("/element/\($0)/click")
    }
  }

  private static let member = "element-6066-11e4-a52e-4f735466cecf"

  private static func reference(_ id: String) -> JSON {
    JSON(value: .object([member: .string(id)]))
  }

  private static let visible = """
    [...document.querySelectorAll(arguments[0])].find((each) => each.checkVisibility())
    """

  private static let button = """
    [...document.querySelectorAll(arguments[0])].flatMap((part) => [...part.querySelectorAll("button")])
      .find((each) => each.checkVisibility() && !each.disabled
        && (each.innerText.trim() + " ").startsWith(arguments[1] + " "))
    """

  /// Acts on an element, once it is there; again where the page has replaced it meanwhile.
  private func act(
    on script: String, _ what: String, _ arguments: String...,
    by action: (String) async throws -> Void
  ) async throws {
    let end = ContinuousClock.now + .seconds(20)
    while true {
      let found = try await wait(
        what, until: script, JSON(stringLiteral: arguments[0]),
        JSON(stringLiteral: arguments.last ?? ""))
      do {
        return try await action(found[Self.member].text)
      } catch let error as WebDriverError
        where Self.passing.contains(error.code) && ContinuousClock.now < end
      {}
    }
  }

  private static let passing = [
    "stale element reference", "element click intercepted", "element not interactable",
  ]
}

/// Something that a page did not show.
struct MissingOnPage: Error, CustomStringConvertible {
  let description: String
}
