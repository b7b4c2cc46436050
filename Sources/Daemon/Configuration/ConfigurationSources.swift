import Configuration

/// The source of a value.
enum ConfigurationSource: Hashable, Sendable, CustomStringConvertible {
  case commandLine
  case environment(String)
  case file(String)
  case fallback

  var description: String {
    switch self {
    case .commandLine: "command line"
    case .environment(let variable): "environment \(variable)"
    case .file(let path): "file \(path)"
    case .fallback: "default"
    }
  }
}

/// The three sources of a configuration.
///
/// Each is asked separately, so that the source of a value is known.
struct ConfigurationSources {
  private let table: ConfigurationTable
  private let commandLine: CommandLineArgumentsProvider
  private let environment: EnvironmentVariablesProvider
  private let file: InMemoryProvider
  private let filePath: String
  private let variables: [String: String]

  init(
    _ table: ConfigurationTable, arguments: [String], environment variables: [String: String],
    file: ConfigurationFile?
  ) {
    self.table = table
    commandLine = CommandLineArgumentsProvider(arguments: [""] + arguments)
    environment = EnvironmentVariablesProvider(environmentVariables: variables)
    self.variables = variables
    let values = (file?.entries ?? []).compactMap { entry in
      entry.value.map {
        (AbsoluteConfigKey(entry.key.components), ConfigValue(.string($0), isSecret: false))
      }
    }
    self.file = InMemoryProvider(values: Dictionary(values) { $1 })
    filePath = file?.path ?? ""
  }

  /// The text of a key: the command line goes over the environment, and that over the file.
  func text(of key: KeyDeclaration) -> (text: String, source: ConfigurationSource)? {
    let name = AbsoluteConfigKey(table.fullName(key).components)
    // The provider takes every argument for a list with commas.
    if case .stringArray(let parts)? = content(commandLine, name: name, type: .stringArray) {
      return (parts.joined(separator: ","), .commandLine)
    }
    if case .string(let text)? = content(environment, name: name, type: .string) {
      return (text, .environment(table.variable(key)))
    }
    if case .string(let text)? = content(file, name: name, type: .string) {
      return (text, .file(filePath))
    }
    // It is set for other programs too: what is not for this one is left alone.
    if let shared = key.sharedVariable, let text = variables[shared], !text.isEmpty,
      (try? key.kind.read(text, from: "/")) != nil
    {
      return (text, .environment(shared))
    }
    return nil
  }

  /// A provider's value of a key.
  ///
  /// Every provider can return any value as text, so none throws.
  private func content(
    _ provider: some ConfigProvider, name: AbsoluteConfigKey, type: ConfigType
  ) -> ConfigContent? {
    try? provider.value(forKey: name, type: type).value?.content
  }
}

extension String {
  fileprivate var components: [String] { split(separator: ".").map(String.init) }
}
