import FoundationEssentials

extension ServiceConfiguration {
  /// The configuration of a process: command line over environment over file over defaults.
  ///
  /// - Throws: everything that is wrong with it, at once.
  static func load(
    _ table: ConfigurationTable, options: CommandLineOptions, invocation: Invocation
  ) throws(ConfigurationProblems) -> ServiceConfiguration {
    let finder = PlaceFinder(table.service, invocation: invocation)
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
      table, places: finder.places(run: options.run), folder: invocation.folder, file: file?.path,
      problems: problems, find: sources.text)
  }
}

/// The folder of the sockets: the one named with `--run`, else `EVENTUALLY_RUN`, else
/// `./.eventually/run` if it exists, else `/run/eventually`.
///
/// - Parameters:
///   - named: what `--run` names.
///   - environment: the process's environment.
///   - folder: the working directory, from which relative paths are meant.
///   - exists: whether there is something at a path.
package func runDirectory(
  _ named: String?, environment: [String: String], folder: String,
  exists: (String) -> Bool = { FileManager.default.fileExists(atPath: $0) }
) -> String {
  if let named { return absolute(named, in: folder) }
  if let named = environment["EVENTUALLY_RUN"], !named.isEmpty {
    return absolute(named, in: folder)
  }
  let local = absolute(".eventually/run", in: folder)
  return exists(local) ? local : "/run/eventually"
}

/// Looks for the places that depend on where and how the daemon was called.
private struct PlaceFinder {
  let service: String
  let invocation: Invocation

  init(_ service: String, invocation: Invocation) {
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
      service: service,
      run: runDirectory(run, environment: invocation.environment, folder: invocation.folder),
      state: "\(state)/\(service)")
  }

  private func path(_ path: String) -> String { absolute(path, in: invocation.folder) }

  private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
}

extension ConfigurationTable {
  /// The variables that look like this service's and are none of its keys: most likely a slip.
  fileprivate func unknownVariables(in environment: [String: String]) -> [ConfigurationProblem] {
    let known = keys.map(variable)
    return environment.keys.sorted().filter {
      $0.hasPrefix(variablePrefix) && !known.contains($0)
    }.map { name in
      ConfigurationProblem(
        """
        environment \(name): there is no such key\(name.suggestion(of: known)) Unset it, or name \
        a key; --help lists all.
        """)
    }
  }
}
