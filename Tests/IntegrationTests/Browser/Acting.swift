import Events
import Testing

/// What a person does with a page, by the mouse and by the keyboard.
extension Tab {
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

  /// Clicks on an element, once it is there.
  func click(_ selector: String) async throws {
    try await act(on: Self.visible, "element \(selector)", selector) {
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

  /// Presses keys, one after another, wherever the focus is.
  func press(keys: String...) async throws {
    let strokes = keys.joined().flatMap { key -> [JSON] in
      let value = JSON(stringLiteral: String(key))
      return [["type": "keyDown", "value": value], ["type": "keyUp", "value": value]]
    }
    try await post(
      "/actions",
      ["actions": [["type": "key", "id": "keyboard", "actions": JSON(list: strokes)]]])
  }

  /// Presses Tab until an element has the focus, which must be seen on its whole way.
  func tab(to selector: String, within limit: Int) async throws {
    let isThere = "return document.activeElement.matches(arguments[0])"
    for _ in 0..<limit {
      if try await run(isThere, JSON(stringLiteral: selector)) == true { return }
      try await press(keys: Key.tab)
      let cover = try await run(
        """
        const focus = document.activeElement, box = focus.getBoundingClientRect();
        const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
        return focus.contains(top) ? null : [focus.outerHTML, top?.outerHTML ?? "nothing"];
        """)
      #expect(cover == .null, "what has the focus is covered")
    }
    if try await run(isThere, JSON(stringLiteral: selector)) == true { return }
    let focus = try await run("return document.activeElement.outerHTML").text.prefix(300)
    throw MissingOnPage(description: "\(limit) times Tab lead to \(focus), past \(selector)")
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
        && (each.innerText.trim().replace(/\\s+/g, " ") + " ").startsWith(arguments[1] + " "))
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
        // As a person scrolls: the driver itself is content with what a bar covers.
        try await run("arguments[0].scrollIntoView({ block: 'center' })", found)
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
