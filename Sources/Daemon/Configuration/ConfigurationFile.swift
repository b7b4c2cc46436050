import FoundationEssentials
import Yams

/// A configuration file: YAML, flattened to keys with dots, each with its line.
struct ConfigurationFile {
  struct Entry {
    let key: String
    /// The text of the value; nil for a key without one.
    let value: String?
    let line: Int
  }

  let path: String
  let entries: [Entry]

  /// Reads a file.
  ///
  /// - Throws: the sentence for one that cannot be read, or is no YAML.
  init(_ path: String) throws(ConfigurationProblem) {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ConfigurationProblem(
        "\(path) cannot be read. Name a file that exists with --config, or leave that out.")
    }
    try self.init(content: data, of: path)
  }

  /// Reads the content of a file.
  ///
  /// - Throws: a sentence with the fault, for content that is not YAML.
  init(content: Data, of path: String) throws(ConfigurationProblem) {
    self.path = path
    do {
      let text = String(decoding: content, as: UTF8.self)
      entries = try Yams.compose(yaml: text).map { try Self.entries(in: $0, under: []) } ?? []
    } catch let problem as NotFlat {
      throw ConfigurationProblem("\(path), line \(problem.line): \(problem.sentence)")
    } catch {
      throw ConfigurationProblem("\(path) is not YAML: \(Self.sentence(for: error))")
    }
  }

  private static func sentence(for error: any Error) -> String {
    switch error as? YamlError {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      "line \(mark.line): \(problem). Correct it there, or in the lines above."
    case .duplicatedKeysInMapping(let names, let context):
      """
      line \(context.mark.line): \(names.sorted().joined(separator: ", ")) is given twice. Take \
      one out.
      """
    case .reader(let problem, _, _, _):
      "\(problem). Write it as text in UTF-8."
    default: "\(error)"
    }
  }

  private struct NotFlat: Error {
    let line: Int
    let sentence: String
  }

  private static func entries(in node: Node, under path: [String]) throws -> [Entry] {
    let line = node.mark?.line ?? 0
    let key = path.joined(separator: ".")
    switch node {
    case .mapping(let mapping):
      return try mapping.flatMap { name, value in
        try entries(in: value, under: path + [name.string ?? "?"])
      }
    case .scalar(let scalar):
      if node.null != nil { return path.isEmpty ? [] : [Entry(key: key, value: nil, line: line)] }
      guard !path.isEmpty else {
        throw NotFlat(line: line, sentence: "there is no key, only “\(scalar.string)”.")
      }
      return [Entry(key: key, value: scalar.string, line: line)]
    case .sequence(let sequence):
      let names = sequence.compactMap(\.string)
      guard names.count == sequence.count, !path.isEmpty else {
        throw NotFlat(
          line: line, sentence: "\(key) is a list whose items are not texts. Write names.")
      }
      return [Entry(key: key, value: names.joined(separator: ","), line: line)]
    default:
      throw NotFlat(line: line, sentence: "\(key) is an alias. Write the value itself.")
    }
  }
}

extension ConfigurationProblem: Error {}

extension ConfigurationFile {
  /// The problems of the keys of the file.
  func problems(_ table: ConfigurationTable) -> [ConfigurationProblem] {
    let names = table.keys.map(table.fullName)
    return entries.compactMap { entry in
      let place = "\(path), line \(entry.line):"
      if names.contains(entry.key) {
        guard entry.value == nil else { return nil }
        return ConfigurationProblem(
          "\(place) \(entry.key) has no value. Write one, or take the line out.")
      }
      // A group whose keys are all commented out.
      if entry.value == nil, names.contains(where: { $0.hasPrefix(entry.key + ".") }) { return nil }
      guard entry.key == table.service || entry.key.hasPrefix(table.service + ".") else {
        return ConfigurationProblem(
          """
          \(place) \(entry.key) is not a key of \(table.service). Take it out; the keys of this \
          file begin with \(table.service).
          """)
      }
      return ConfigurationProblem(
        "\(place) \(entry.key) is not a key\(entry.key.suggestion(of: names)) --help lists all.")
    }
  }
}
