import Events

extension String {
  /// The text in quotation marks, as a sentence quotes input: at most 200 characters of it.
  public var quoted: String { "“\(cut(to: 200))”" }

  /// The first characters of the text, with a mark where it was cut; invisible ones escaped.
  func cut(to limit: Int) -> String { quoted(upTo: limit) }
}

extension String {
  /// A clause as a whole sentence, for ``Problem/detail``.
  public var asSentence: String { prefix(1).uppercased() + dropFirst() + "." }
}
