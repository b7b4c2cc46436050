import ArgumentParser

/// The options that select dead letters.
struct LetterSelection: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Those whose reason contains this text; <id> and <n> are any id and number.",
      valueName: "text"))
  var reason: String?

  @Option(help: ArgumentHelp("Those of a type of event: order.captured.", valueName: "type"))
  var type: String?

  @Option(help: ArgumentHelp("Those of the stream of a service.", valueName: "name"))
  var stream: String?

  @Option(help: ArgumentHelp("Those about an order, or another subject.", valueName: "id"))
  var subject: String?

  /// Whether any of them is given.
  var isGiven: Bool { [reason, type, stream, subject].contains { $0 != nil } }

  func includes(_ letter: LetterSummary) -> Bool {
    guard type.map({ $0 == letter.type }) ?? true, stream.map({ $0 == letter.stream }) ?? true,
      subject.map({ $0 == letter.subject }) ?? true
    else { return false }
    guard let reason else { return true }
    return letter.reason.contains(reason)
      || ReasonPattern(letter.reason).description.contains(reason)
  }
}
