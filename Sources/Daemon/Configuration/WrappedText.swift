extension String {
  /// The text in lines of at most 80 columns, broken at its spaces.
  ///
  /// A word that is longer has a line of its own.
  ///
  /// - Parameters:
  ///   - first: the beginning of the first line, for example an option.
  ///   - indent: the number of spaces before the later lines.
  func wrapped(after first: String, indent: Int) -> String {
    let margin = String(repeating: " ", count: indent)
    var lines: [String] = []
    var line = first
    var isEmpty = true
    for word in split(separator: " ") {
      let longer = isEmpty ? line + word : line + " " + word
      if longer.count <= 80 || isEmpty {
        line = longer
      } else {
        lines.append(line)
        line = margin + word
      }
      isEmpty = false
    }
    return (lines + [line]).joined(separator: "\n")
  }
}
