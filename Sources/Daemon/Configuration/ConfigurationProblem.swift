/// A problem of a configuration, in a sentence that names the place, the key and the remedy.
struct ConfigurationProblem: Hashable, Sendable, CustomStringConvertible {
  /// Whether it is an option that does not exist, and no value or key.
  var isUsage = false
  let description: String

  init(_ description: String, isUsage: Bool = false) {
    self.description = description
    self.isUsage = isUsage
  }
}

/// Everything that is wrong with a configuration.
struct ConfigurationProblems: Error, CustomStringConvertible {
  let problems: [ConfigurationProblem]

  init(_ problems: [ConfigurationProblem]) {
    self.problems = problems
  }

  /// 64 where only the options are wrong, else 78.
  var status: Ending { problems.allSatisfy(\.isUsage) ? .usage : .configuration }

  /// One problem a line.
  var description: String { problems.map(\.description).joined(separator: "\n") }
}

extension String {
  /// The nearest of some names, if it is near enough to be a typing error.
  package func nearest(of names: [String]) -> String? {
    let distances = names.map { (name: $0, distance: distance(to: $0)) }
    guard let nearest = distances.min(by: { $0.distance < $1.distance }),
      nearest.distance <= max(2, count / 3)
    else { return nil }
    return nearest.name
  }

  /// `; did you mean X?` where one of the names is near, and nothing where none is.
  func suggestion(of names: [String]) -> String {
    nearest(of: names).map { "; did you mean \($0)?" } ?? "."
  }

  /// The number of letters that must be inserted, removed or changed to get the other text
  /// (Levenshtein).
  private func distance(to other: String) -> Int {
    let target = Array(other)
    var row = Array(0...target.count)
    for (line, letter) in enumerated() {
      var diagonal = row[0]
      row[0] = line + 1
      for (column, wanted) in target.enumerated() {
        let changed = diagonal + (letter == wanted ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = Swift.min(changed, row[column] + 1, diagonal + 1)
      }
    }
    return row[target.count]
  }
}
