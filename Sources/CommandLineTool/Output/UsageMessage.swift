import ArgumentParser
import Daemon
import Events
import FoundationEssentials

/// The message for a malformed command line: the mistake with its value, and one line of remedy.
///
/// The parser would print the usage too, which is longer than a person reads.
struct UsageMessage: Hashable, Sendable {
  /// The mistake, as a sentence.
  let mistake: String
  /// The words of the command, without `eventually`.
  let command: [String]

  /// - Parameters:
  ///   - error: the error of the parser, or of a validation.
  ///   - arguments: the arguments of the process.
  ///
  /// - Returns: nil for an answer, such as the help, and for a failure of another kind.
  init?(_ error: any Error, arguments: [String]) {
    guard Eventually.exitCode(for: error) == .validationFailure else { return nil }
    let sentence = Eventually.message(for: error).split(whereSeparator: \.isNewline)
      .map { $0.drop { $0 == " " } }.reduce("") { text, line in
        // The parser writes a long list of values as lines.
        guard !line.hasPrefix("- ") else {
          return text + (text.hasSuffix(":") ? " " : ", ") + line.dropFirst(2)
        }
        return text.isEmpty ? String(line) : "\(text) \(line)"
      }
    guard !sentence.isEmpty else { return nil }
    let words = Eventually.namedCommand(arguments)
    // The value of an option that is none is an argument to the parser, and the lesser mistake.
    self.init(Eventually.unknownOption(arguments) ?? sentence, command: words)
  }

  init(_ sentence: String, command: [String] = []) {
    // The parser begins its sentences in upper case; a validation may begin with the value.
    let isParsers = Self.beginnings.contains { sentence.hasPrefix($0) }
    let start = isParsers ? sentence.prefix(1).lowercased() : String(sentence.prefix(1))
    let end = sentence.last == "." || sentence.last == "?" ? "" : "."
    mistake = (start + sentence.dropFirst() + end).escapedForTerminal
    self.command = command
  }

  private static let beginnings = ["Missing ", "Unknown ", "Unexpected ", "The ", "Invalid "]

  /// The two lines for the standard error.
  var lines: [String] {
    [
      "error: \(mistake)",
      "See `\((["eventually"] + command + ["--help"]).joined(separator: " "))`.",
    ]
  }
}

extension Eventually {
  /// The words of the arguments that name a command and its subcommand.
  static func namedCommand(_ arguments: [String]) -> [String] {
    var words: [String] = []
    var subcommands = configuration.subcommands
    for argument in arguments {
      guard let next = subcommands.first(where: { $0._commandName == argument }) else { break }
      words.append(argument)
      subcommands = next.configuration.subcommands
    }
    return words
  }

  /// The command that words name.
  private static func command(_ words: [String]) -> any ParsableCommand.Type {
    words.reduce(Eventually.self as any ParsableCommand.Type) { command, word in
      command.configuration.subcommands.first { $0._commandName == word } ?? command
    }
  }

  /// The sentence about the first option that the named command does not have; nil without one.
  fileprivate static func unknownOption(_ arguments: [String]) -> String? {
    let command = command(namedCommand(arguments))
    let commands = [command, command.configuration.defaultSubcommand].compactMap(\.self)
    let known = commands.flatMap { optionNames(of: $0) } + ["help", "version"]
    let given = arguments.prefix { $0 != "--" }.filter { $0.hasPrefix("--") }
      .map { String($0.dropFirst(2).prefix { $0 != "=" }) }
    guard let word = given.first(where: { !known.contains($0) }) else { return nil }
    let question = word.nearest(of: known).map { " Did you mean '--\($0)'?" } ?? ""
    return "Unknown option '--\(word.quoted(upTo: 40))'.\(question)"
  }

  private static let hiddenOptions = [
    "help-hidden", "generate-completion-script", "experimental-dump-help",
  ]

  /// The long names of a command's options, as the parser describes them to its tools.
  private static func optionNames(of command: any ParsableCommand.Type) -> [String] {
    let description = JSONValue(Data(command._dumpHelp().utf8))
    let arguments = description?["command"]?["arguments"]?.items ?? []
    let names = arguments.flatMap { $0["names"]?.items ?? [] }
    return names.filter { $0["kind"]?.string == "long" }.compactMap { $0["name"]?.string }
      + hiddenOptions
  }

  /// A word in the place of a command that is none, with the nearest one; the parser would call
  /// it an argument.
  static func unknownCommand(_ arguments: [String]) -> UsageMessage? {
    let isHelp = arguments.first == "help"
    let arguments = isHelp ? Array(arguments.dropFirst()) : arguments
    let words = namedCommand(arguments)
    let shown = command(words).configuration
    var names = shown.subcommands.filter { $0.configuration.shouldDisplay }.map { $0._commandName }
    guard !names.isEmpty, let word = arguments.dropFirst(words.count).first, !word.hasPrefix("-")
    else { return nil }
    if words.isEmpty { names.append("help") }
    guard word != "help" || !words.isEmpty else { return nil }
    let near = word.nearest(of: names)
    // The word may be an argument of the subcommand that is meant without a name.
    let isArgument = near == nil || (try? parseAsRoot(arguments)) != nil
    if shown.defaultSubcommand != nil, isArgument, !isHelp { return nil }
    let parent = (["eventually"] + (isHelp ? ["help"] : []) + words).joined(separator: " ")
    let question = near.map { " Did you mean `\(parent) \($0)`?" } ?? ""
    return UsageMessage(
      "there is no command \(word.quoted(upTo: 40)).\(question)", command: words)
  }
}
