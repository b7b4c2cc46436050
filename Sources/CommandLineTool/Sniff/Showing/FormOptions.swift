import ArgumentParser

/// When lines are coloured.
enum ColorChoice: String, CaseIterable, ExpressibleByArgument, Sendable {
  case auto, always, never

  /// Whether an output is coloured: by default a terminal's, unless `NO_COLOR` is set.
  func colors(_ output: Output, environment: [String: String]) -> Bool {
    switch self {
    case .always: true
    case .never: false
    case .auto: output.isTerminal && environment["NO_COLOR", default: ""].isEmpty
    }
  }
}

/// The options by which a command writes its lines.
struct FormOptions: ParsableArguments {
  @Flag(help: "Print each event as a JSON object on a line.")
  var json = false

  @Flag(help: "Print the topics alone.")
  var topicsOnly = false

  @Flag(help: "Print the fields of the headers as JSON, without the bodies.")
  var headersOnly = false

  @Option(
    help: ArgumentHelp("Print this field; several are separated by tabs.", valueName: "field"))
  var field: [String] = []

  @Flag(help: "Print the fields with commas between them, and their names first.")
  var csv = false

  @Option(
    help: ArgumentHelp(
      "Print this text, with fields in braces: '{time} {subject}'.", valueName: "text"))
  var format: String?

  @Flag(name: [.customShort("t"), .long], help: "Write whole times, in UTC.")
  var utc = false

  @Flag(
    name: [.customShort("d"), .long],
    help: "Write the seconds since the event of the line before, for the time.")
  var delta = false

  @Flag(name: [.customShort("v"), .long], help: "Write whole ids and data.")
  var verbose = false

  @Option(help: ArgumentHelp("Colour the lines: auto, always or never.", valueName: "when"))
  var color = ColorChoice.auto

  func validate() throws {
    let forms: [(name: String, isGiven: Bool)] = [
      ("--json", json), ("--topics-only", topicsOnly), ("--headers-only", headersOnly),
      (csv ? "--csv" : "--field", csv || !field.isEmpty), ("--format", format != nil),
    ]
    let given = forms.filter(\.isGiven).map(\.name)
    guard given.count < 2 else {
      throw ValidationError("\(given[0]) and \(given[1]) do not go together: choose one form.")
    }
    if delta, let form = given.first ?? (utc ? "--utc" : nil) {
      throw ValidationError("--delta and \(form) do not go together: choose one of them.")
    }
    do {
      _ = try form(in: [:])
    } catch {
      throw ValidationError("\(format == nil ? "--field" : "--format"): \(error)")
    }
  }

  /// - Throws: nothing after validation.
  func form(in environment: [String: String]) throws(UnknownField) -> LineForm {
    if json { return .json }
    if topicsOnly { return .topic }
    if headersOnly { return .header }
    if let format { return .template(try LineTemplate(format)) }
    let names = csv && field.isEmpty ? Self.usualFields : field
    let fields = try names.map { name throws(UnknownField) in try EventField(name) }
    if csv { return .csv(fields) }
    if !fields.isEmpty { return .fields(fields) }
    let isColored = color.colors(.data, environment: environment)
    let clock: ShortLine.Clock = delta ? .delta : utc ? .utc : .local
    return .short(ShortLine(clock: clock, isWhole: verbose, isColored: isColored))
  }

  private static let usualFields = [
    "time", "stream", "sequence", "type", "version", "subject", "request", "data",
  ]
}
