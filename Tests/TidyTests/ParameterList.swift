/// The parameters of a function, an initializer or a subscript, over as many lines as they have.
struct ParameterList: Sendable {
  /// What is declared: `func take`, `init`, `subscript`.
  let declaration: String
  /// The number of its line.
  let line: Int
  /// Each with its labels and its type: `_ name: String`.
  let parameters: [String]

  /// The parameters that a call does not name.
  var unlabelled: [String] {
    parameters.filter { parameter in
      let names = parameter.prefix { $0 != ":" }.split(separator: " ")
        .filter { !$0.hasPrefix("@") }
      // A subscript's parameter has a label only where it has two names.
      return names.first == "_" || (declaration == "subscript" && names.count == 1)
    }
  }

  /// Whether a call has to be read twice: several unlabelled arguments, and not all but one are
  /// closures, which a call shows as such.
  var isUnclear: Bool {
    unlabelled.count { !$0.contains("->") } >= 2
  }

  /// The lists of a file, in order.
  static func all(in code: CodeText) -> [ParameterList] {
    var lists: [ParameterList] = []
    var place = 0
    while let word = code.word(from: place) {
      place = word.upperBound
      guard let declaration = code.declaration(at: word),
        let open = code.parenthesis(after: declaration.end),
        let end = code.end(ofBracketAt: open)
      else { continue }
      lists.append(
        ParameterList(
          declaration: declaration.name, line: code.line(of: word.lowerBound),
          parameters: code.parts(of: (open + 1)..<(end - 1))))
      place = open + 1
    }
    return lists
  }
}

extension CodeText {
  private func isNamed(_ place: Int) -> Bool {
    guard bytes.indices.contains(place) else { return false }
    switch bytes[place] {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "`"):
      return true
    default: return false
    }
  }

  /// The next word.
  fileprivate func word(from place: Int) -> Range<Int>? {
    guard let start = (place..<bytes.count).first(where: isNamed) else { return nil }
    let end = (start..<bytes.count).first { !isNamed($0) } ?? bytes.count
    return start..<end
  }

  private func text(_ range: Range<Int>) -> String {
    String(decoding: bytes[range], as: UTF8.self)
  }

  /// What a word begins to declare, and where its name ends; nil where it declares nothing that
  /// has parameters.
  ///
  /// An operator has no labels, and is left out.
  fileprivate func declaration(at word: Range<Int>) -> (name: String, end: Int)? {
    // A call: `self.init(`.
    if word.lowerBound > 0, bytes[word.lowerBound - 1] == UInt8(ascii: ".") { return nil }
    switch text(word) {
    case "init", "subscript": return (text(word), word.upperBound)
    case "func":
      let start = word.upperBound + 1
      guard isNamed(start), let name = self.word(from: start) else { return nil }
      return ("func \(text(name))", name.upperBound)
    default: return nil
    }
  }

  /// The parenthesis with which a parameter list begins, after generic parameters.
  fileprivate func parenthesis(after place: Int) -> Int? {
    var place = place
    while bytes.indices.contains(place) {
      switch bytes[place] {
      case UInt8(ascii: " "), UInt8(ascii: "?"), UInt8(ascii: "!"): place += 1
      case UInt8(ascii: "("): return place
      case UInt8(ascii: "<"):
        guard let end = end(ofBracketAt: place) else { return nil }
        place = end
      default: return nil
      }
    }
    return nil
  }
}

/// `(a, b) = (c, d)`: several assignments in one, to be read in columns.
struct TupleAssignment {
  /// The number of its line.
  let line: Int

  /// The assignments of a file, `let (a, b) = (c, d)` included.
  static func all(in code: CodeText) -> [TupleAssignment] {
    var found: [TupleAssignment] = []
    for start in code.bytes.indices where code.bytes[start] == UInt8(ascii: "(") {
      guard code.beginsStatement(at: start), let end = code.pairEnd(at: start),
        let sign = code.next(after: end), code.bytes[sign] == UInt8(ascii: "="),
        let value = code.next(after: sign + 1), code.bytes[value] == UInt8(ascii: "("),
        let valueEnd = code.pairEnd(at: value)
      else { continue }
      // `(a, b).0` and `(a, b) ?? c` are values of their own.
      let rest = code.bytes[valueEnd...].prefix { $0 != UInt8(ascii: "\n") }
      guard rest.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "}") }) else {
        continue
      }
      found.append(TupleAssignment(line: code.line(of: start)))
    }
    return found
  }
}

extension CodeText {
  /// The place after a tuple of two or more; nil where there is none.
  fileprivate func pairEnd(at place: Int) -> Int? {
    guard let end = end(ofBracketAt: place), parts(of: (place + 1)..<(end - 1)).count > 1 else {
      return nil
    }
    return end
  }

  /// The next place that is no space and no line break.
  fileprivate func next(after place: Int) -> Int? {
    (place..<bytes.count).first {
      bytes[$0] != UInt8(ascii: " ") && bytes[$0] != UInt8(ascii: "\n")
    }
  }

  /// Whether only `let`, `var` or the beginning of a block or of a line is before.
  fileprivate func beginsStatement(at place: Int) -> Bool {
    let lineBreak = bytes[..<place].lastIndex(of: UInt8(ascii: "\n"))
    let before = bytes[(lineBreak.map { $0 + 1 } ?? 0)..<place]
    let words = String(decoding: before, as: UTF8.self).split(separator: " ")
    guard let last = words.last else { return true }
    return ["let", "var", "{", "in", ";"].contains(last)
  }
}
