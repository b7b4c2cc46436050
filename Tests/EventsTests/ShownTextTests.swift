import Testing

@testable import Events

@Suite("Text that is shown", .timeLimit(.minutes(1)))
struct ShownTextTests {
  @Test(
    arguments: [
      ("plain", "plain"), ("é 漢 🙂", "é 漢 🙂"), ("a\u{1b}[31m", "a\\u{1b}[31m"),
      ("a\nb\u{7f}\u{9b}", "a\\u{a}b\\u{7f}\\u{9b}"), ("\u{202e}gnp.exe", "\\u{202e}gnp.exe"),
      ("\u{2066}x\u{2069}", "\\u{2066}x\\u{2069}"), ("a\u{200b}b", "a\\u{200b}b"),
      ("\u{3164}\u{2800}\u{ad}", "\\u{3164}\\u{2800}\\u{ad}"), ("\u{feff}x", "\\u{feff}x"),
      ("\u{2028}", "\\u{2028}"), ("x\u{e0041}", "x\\u{e0041}"),
    ])
  func `controls, direction controls and invisible characters are escaped`(
    text: String, shown: String
  ) {
    #expect(text.escapedForTerminal == shown)
  }

  @Test
  func `a joiner or a variation selector stays in the emoji and the word that it belongs to`() {
    for text in ["👩\u{200d}🚀", "❤\u{fe0f}", "می\u{200c}خواهم"] {
      #expect(text.escapedForTerminal == text)
    }
    #expect("\u{200d}\u{200d}".escapedForTerminal == "\\u{200d}\\u{200d}")
    #expect("a \u{fe0f}".escapedForTerminal == "a \\u{fe0f}")
  }

  @Test
  func `JSON text keeps its value`() {
    #expect(
      "{\"a\":\"\u{202e}\u{e0041}é\",\n\"b\":1}".escapedInsideJSON
        == #"{"a":"\u202e\udb40\udc41é", "b":1}"#)
  }

  @Test
  func `a long text is quoted by its beginning`() {
    #expect("abc".quoted(upTo: 3) == "abc")
    #expect("abcd".quoted(upTo: 3) == "abc…")
    #expect(String(repeating: "a", count: 70_000).quoted(upTo: 200).count == 201)
    let marks = "a" + String(repeating: "\u{301}", count: 70_000)
    #expect(marks.count == 1)
    #expect(marks.quoted(upTo: 200).unicodeScalars.count == 201)
    #expect("a\u{202e}b".quoted(upTo: 2) == "a\\u{202e}…")
  }

  @Test(
    arguments: [
      "\u{200b}", "\u{3164}", "\u{2800}", "\u{ad}", "\u{115f}", "\u{180e}", "\u{e000}",
      "\u{378}", "\u{301}", "\u{202e}", "\u{fe0f}", " ", "\u{a0}", "\u{3000}", "\n",
    ])
  func `it is invisible`(text: String) {
    #expect(text.unicodeScalars.allSatisfy { !$0.isVisible })
  }

  @Test(arguments: ["a", "é", "漢", "🙂", "-", "ﷺ", "क", "€"])
  func `it is visible`(text: String) {
    #expect(text.unicodeScalars.contains { $0.isVisible })
  }
}
