import Testing

/// The pages in the frames of a page, whose scripts and forms are theirs alone.
extension Tab {
  /// Does something within a frame, once its page is there.
  ///
  /// - Parameter selector: the frame, which must not be a frame of a frame.
  @discardableResult
  func inside<Value: Sendable>(
    _ selector: String, _ body: () async throws -> Value
  ) async throws -> Value {
    let frame = try await wait(
      "frame \(selector)", until: "document.querySelector(arguments[0] + ':not([hidden])')",
      JSON(stringLiteral: selector))
    try await post("/frame", ["id": frame])
    let result: Result<Value, any Error>
    do {
      result = .success(try await body())
    } catch {
      result = .failure(error)
    }
    try await post("/frame", ["id": .null])
    return try result.get()
  }

  /// The frames of the panes of Overlord's pages.
  static let panes = ["beta", "alpha", "charlie"].map { "#frame-\($0) iframe" }

  /// Records from now on what a screen reader announces: a new text of a live region.
  ///
  /// A text that is set again is announced again.
  func recordAnnouncements() async throws {
    try await run(
      """
      const live = "[role=status], [role=alert], [aria-live], output";
      const text = (region) => region.checkVisibility() ? region.textContent.trim() : "";
      const shown = new Map([...document.querySelectorAll(live)].map((each) => [each, text(each)]));
      window.announced = [];
      new MutationObserver((records) => {
        for (const region of document.querySelectorAll(live)) {
          const [before, now] = [shown.get(region), text(region)];
          const isSet = records.some(({ type, target }) => type !== "attributes" && region.contains(target));
          shown.set(region, now);
          if (now && (isSet || now !== before)) window.announced.push(now);
        }
      }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
      """)
  }

  /// What was announced since ``recordAnnouncements()``, in order.
  func announcements() async throws -> [String] {
    try await run("return window.announced").list.map(\.text)
  }
}
