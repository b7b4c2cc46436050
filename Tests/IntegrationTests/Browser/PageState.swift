import Testing

/// The state that an update must leave alone.
extension Tab {
  /// Marks the page: a reload removes the mark.
  func mark() async throws {
    try await run("window.isMarked = true")
  }

  /// Checks that the page was not loaded again since ``mark()``.
  func isMarked(sourceLocation: SourceLocation = #_sourceLocation) async throws {
    let address = try await address
    #expect(
      try await run("return window.isMarked === true") == true, "\(address)",
      sourceLocation: sourceLocation)
  }

  /// Waits until the page shows something by its whole identifier, which may be behind a short one.
  func names(_ id: String) async throws {
    try await wait(
      "the identifier \(id)",
      until: "document.querySelector('main').innerHTML.includes(arguments[0])",
      JSON(stringLiteral: id))
  }

  /// Puts the focus into a field, and selects some of its text.
  func focus(_ selector: String, selecting start: Int64, to end: Int64) async throws {
    try await run(
      """
      const field = document.querySelector(arguments[0]);
      field.focus();
      field.setSelectionRange(arguments[1], arguments[2]);
      """, JSON(stringLiteral: selector), JSON(start), JSON(end))
  }

  /// The field with the focus: its id, its text, and the selection in it.
  static let focused = """
    const field = document.activeElement;
    return [field.id, field.value ?? "", field.selectionStart ?? -1, field.selectionEnd ?? -1];
    """
}
