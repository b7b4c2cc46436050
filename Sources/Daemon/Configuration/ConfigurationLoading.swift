import FoundationEssentials

extension ServiceConfiguration {
  /// The configuration of a process: command line over environment over file over defaults.
  ///
  /// - Throws: everything that is wrong with it, at once.
  static func load(
    _ table: ConfigurationTable, _ options: CommandLineOptions, _ invocation: Invocation
  ) throws(ConfigurationProblems) -> ServiceConfiguration {
    let finder = PlaceFinder(table.service, invocation)
    var problems = options.problems
    var file: ConfigurationFile?
    do {
      file = try finder.file(options.config).map(ConfigurationFile.init)
    } catch {
      problems.append(error)
    }
    problems += file?.problems(table) ?? []
    problems += table.unknownVariables(in: invocation.environment)
    let sources = ConfigurationSources(
      table, arguments: options.keyArguments, environment: invocation.environment, file: file)
    return try ServiceConfiguration(
      table, finder.places(run: options.run), folder: invocation.folder, file: file?.path,
      problems: problems, find: sources.text)
  }
}

/// Looks for the places that depend on where and how the daemon was called.
private struct PlaceFinder {
  let service: String
  let invocation: Invocation

  init(_ service: String, _ invocation: Invocation) {
    self.service = service
    self.invocation = invocation
  }

  /// The file to read: the one named, else ./config/SERVICE.yaml, else the system's, else none.
  func file(_ named: String?) -> String? {
    if let named { return path(named) }
    return [path("config/\(service).yaml"), "/etc/eventually/\(service).yaml"]
      .first(where: FileManager.default.fileExists)
  }

  func places(run: String?) -> Places {
    let local = path(".eventually")
    let state = exists(local) ? local : "/var/lib/eventually"
    return Places(
      service: service, run: runFolder(run, local), state: "\(state)/\(service)")
  }

  private func runFolder(_ named: String?, _ local: String) -> String {
    if let named { return path(named) }
    if let named = invocation.environment["EVENTUALLY_RUN"], !named.isEmpty { return path(named) }
    return exists("\(local)/run") ? "\(local)/run" : "/run/eventually"
  }

  private func path(_ path: String) -> String { absolute(path, in: invocation.folder) }

  private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
}

extension ConfigurationTable {
  /// The variables that look like this service's and are none of its keys: most likely a slip.
  fileprivate func unknownVariables(in environment: [String: String]) -> [ConfigurationProblem] {
    let known = keys.map(variable)
    let reserved = reservedVariables.map { variablePrefix + $0 }
    return environment.keys.sorted().filter {
      $0.hasPrefix(variablePrefix) && !known.contains($0) && !reserved.contains($0)
    }.map { name in
      ConfigurationProblem(
        """
        environment \(name): there is no such key\(name.suggestion(of: known)) Unset it, or name \
        a key; --help lists all.
        """)
    }
  }
}
