/// The commands of a line for a shell, each as its words, as far as the help's examples need it.
///
/// It knows quotes, a backslash before a character, `&&`, `|`, `;` and `>`.
func shellCommands(_ line: String) -> [[String]] {
  var commands: [[String]] = [[]]
  var word: String?
  var quote: Character?
  var rest = line[...]
  func end() {
    if let word { commands[commands.count - 1].append(word) }
    word = nil
  }
  while let character = rest.popFirst() {
    switch character {
    case quote: quote = nil
    case _ where quote != nil: word = (word ?? "") + String(character)
    case "'", "\"":
      quote = character
      word = word ?? ""
    case "\\": word = (word ?? "") + String(rest.popFirst() ?? " ")
    case " ": end()
    case "&", "|", ";", ">":
      end()
      // A redirection's file is a command of its own here, which is no command of ours.
      commands.append([])
    default: word = (word ?? "") + String(character)
    }
  }
  end()
  return commands.filter { !$0.isEmpty }
}

/// The command lines of `eventually` in a help's examples, without `eventually` itself.
func examples(in discussion: String) -> [[String]] {
  let joined = discussion.replacing(#/\\\n\s*/#, with: "")
  return joined.split(separator: "\n").flatMap { shellCommands(String($0)) }.compactMap { words in
    let command = words.drop { $0 == "sudo" || $0.contains(#/^[A-Z_]+=/#) }
    return command.first == "eventually" ? Array(command.dropFirst()) : nil
  }
}
