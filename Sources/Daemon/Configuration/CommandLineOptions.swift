/// The command line, taken apart: the options of every daemon, and the flags that are keys.
struct CommandLineOptions {
  var config: String?
  var run: String?
  var checksConfiguration = false
  var wantsHelp = false
  var wantsManual = false
  var wantsVersion = false
  /// The flags that are keys, as `--flag=value`, for the provider of the configuration library.
  var keyArguments: [String] = []
  var problems: [ConfigurationProblem] = []

  init(_ arguments: [String], table: ConfigurationTable) {
    let flags = Set(table.keys.map(table.flag))
    var rest = arguments[...]
    var seen: Set<String> = []
    while let argument = rest.popFirst() {
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      // `--state DIR` is the short form of the key.
      let name = parts[0] == "--state" ? "--\(table.service)-state" : String(parts[0])
      if !seen.insert(name).inserted {
        problems.append(.usage("\(name) is given twice. Give it once."))
      }
      let isKey = flags.contains(name)
      guard isKey || name == "--config" || name == "--run" else {
        takeSwitch(argument, name: name, flags: flags)
        continue
      }
      guard let value = parts.count > 1 ? String(parts[1]) : rest.popFirst() else {
        problems.append(.usage("\(name) needs a value: \(name) VALUE."))
        continue
      }
      take(name, value: value, isKey: isKey)
    }
  }

  private mutating func take(_ name: String, value: String, isKey: Bool) {
    switch name {
    case _ where isKey: keyArguments.append("\(name)=\(value)")
    case "--config": config = value
    default: run = value
    }
  }

  private mutating func takeSwitch(_ argument: String, name: String, flags: Set<String>) {
    switch argument {
    case "--check-config": checksConfiguration = true
    case "--help", "-h": wantsHelp = true
    case "--manual": wantsManual = true
    case "--version": wantsVersion = true
    default:
      let known = flags.sorted() + fixedOptions
      problems.append(
        .usage("\(name) is no option\(name.suggestion(of: known)) --help lists all."))
    }
  }
}

private let fixedOptions = [
  "--config", "--run", "--state", "--check-config", "--help", "--manual", "--version",
]

extension ConfigurationProblem {
  fileprivate static func usage(_ sentence: String) -> ConfigurationProblem {
    ConfigurationProblem("command line: \(sentence)", isUsage: true)
  }
}
