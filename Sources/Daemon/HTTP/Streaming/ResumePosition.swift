import Events
import HTTPTypes

extension Request {
  /// The position after which a stream is to go on: `Last-Event-ID`, or else `after`; nil where
  /// neither is there.
  ///
  /// A client that connects again sends the first with the address that it used before, and so the
  /// header goes before the query.
  ///
  /// - Throws: a 422 ``Problem`` for a position that is no whole number from 0 on.
  public func resumePosition() throws(Problem) -> Int64? {
    let asked = try position(query["after"], of: "after")
    return try position(headers[.lastEventID], of: "Last-Event-ID") ?? asked
  }

  private func position(_ text: String?, of name: String) throws(Problem) -> Int64? {
    guard let text, !text.isEmpty else { return nil }
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let position = Int64(text) else {
      throw .invalid(
        name, detail: "\(text.quoted) is not a position of this stream.",
        remedy: "Use the id of the last event that came, or 0 for all; without, it begins now.")
    }
    return position
  }
}

extension EventFeed {
  /// The position after which a feed begins, by the asked one and those that are kept.
  ///
  /// - Parameters:
  ///   - asked: the asked position, of ``Request/resumePosition()``; 0 for all that is kept, and nil
  ///     for the present end.
  ///   - first: the first position that is kept.
  ///   - last: the last position; 0 where there is none.
  /// - Throws: a ``Problem``: 409 for a position ahead of the last, 410 for one that was pruned.
  public static func beginning(
    after asked: Int64?, first: Int64, last: Int64
  ) throws(Problem) -> Int64 {
    guard let asked else { return last }
    guard asked <= last else {
      throw .conflict(
        "position-ahead",
        detail: "The position \(asked) is ahead of the last event, which has \(last).",
        remedy: """
          The journal is another one, or was restored: read all again (after=0), or leave the \
          position out to begin now.
          """)
    }
    guard asked == 0 || asked >= first - 1 else {
      throw Problem(
        .gone, slug: "position-pruned",
        detail: "The events after \(asked) are not kept: the first has the position \(first).",
        remedy: "Read all that is kept (after=0), or leave the position out to begin now.")
    }
    return asked
  }
}
