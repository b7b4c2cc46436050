extension ServiceConfiguration {
  /// The output of `--check-config`: every key with its value and its source.
  var report: String {
    let lines = entries.map { entry in
      (assignment: "\(service).\(entry.key.name) = \(entry.value.text)", source: entry.source)
    }
    let width = lines.map(\.assignment.count).max() ?? 0
    let head = [
      "# file: \(file ?? "none")",
      "# run directory: \(runFolder)",
    ]
    return
      (head + lines.map { $0.assignment.padded(to: width) + "  # \($0.source)" })
      .joined(separator: "\n")
  }
}

extension ConfigurationTable {
  /// The output of `--help`, at most 80 columns wide.
  func help(_ program: String) -> String {
    let options = fixed.map { option in
      option.meaning.wrapped(after: "  \(option.option.padded(to: 22)) ", indent: 25)
    }
    let keys = self.keys.map { key in
      """
      \(spellings(key).wrapped(after: "  ", indent: 4))
      \(key.meaning.wrapped(after: "      ", indent: 6))
      \("(\(key.summary))".wrapped(after: "      ", indent: 7))
      """
    }
    return """
      Usage: \(program) [OPTION ...]

      \(options.joined(separator: "\n"))

      EXAMPLES
      \(examples(program).map { "  \($0)" }.joined(separator: "\n"))

      Keys, as the file, the environment and the command line name them. The command
      line goes over the environment, that over the file, that over the default.
      SIGHUP has them read again, and applies those that are reloadable.

      \(keys.joined(separator: "\n"))
      """
  }

  /// A key in its three spellings.
  func spellings(_ key: KeyDeclaration) -> String {
    "\(fullName(key)), \(variable(key)), \(flag(key))"
  }

  /// The lines of the examples, for a shell.
  func examples(_ program: String) -> [String] {
    [
      "\(program) --check-config",
      "\(program) --config /etc/eventually/\(service).yaml",
      "\(program) --run /tmp/second/run --state /tmp/second/\(service) \\",
      "  --\(service)-http-port 4990",
    ]
  }

  /// The options of every daemon.
  var fixed: [(option: String, meaning: String)] {
    [
      (
        "--config FILE",
        "the file; else ./config/\(service).yaml, else /etc/eventually/\(service).yaml"
      ),
      (
        "--run DIR",
        "the sockets; else EVENTUALLY_RUN, else ./.eventually/run, else /run/eventually"
      ),
      ("--state DIR", "the same as --\(service)-state"),
      ("--check-config", "print every value with its source; exit 0, or 78 with the problems"),
      ("--help", "print this"),
      ("--manual", "print the manual page, for man(1)"),
      ("--version", "print the version"),
    ]
  }
}

extension KeyDeclaration {
  /// The allowed values, the default, and whether a reload applies it.
  var summary: String {
    "\(kind.text); default \(fallback.text)\(isReloadable ? "; reloadable" : "")"
  }
}

extension String {
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
