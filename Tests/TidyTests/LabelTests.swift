import Testing

/// Arguments have labels, and one statement assigns one value.
@Suite(.timeLimit(.minutes(1)))
struct LabelTests {
  // MARK: The sources

  /// A part of a hundred at most, and each of them reads as a sentence.
  @Test func `fewer than one declaration in a hundred has several unlabelled arguments`() {
    var declarations = 0
    var unclear: [String] = []
    for source in TidyTests.sources {
      let lists = ParameterList.all(in: source.code)
      declarations += lists.count
      unclear += lists.filter(\.isUnclear).map { "\(source.path):\($0.line) \($0.declaration)" }
    }
    #expect(declarations > 1_000)
    #expect(unclear.count * 100 < declarations, "\(unclear.joined(separator: "\n"))")
  }

  @Test func `no statement assigns a tuple to a tuple`() {
    for source in TidyTests.sources {
      for assignment in TupleAssignment.all(in: source.code) {
        Issue.record("\(source.path):\(assignment.line) assigns a tuple")
      }
    }
  }

  // MARK: The parser

  private func lists(_ text: String) -> [ParameterList] {
    ParameterList.all(in: CodeText(text))
  }

  @Test func `a list is read over several lines, with its generic parameters`() {
    let list = lists(
      """
      func take<Value: Sequence<Int>>(
        _ first: [String: Int], // , _ no: Int
        second name: (Int, Int) -> Void = { _, _ in },
        _ third: Dictionary<String, Int>
      ) {}
      """)
    #expect(list.map(\.declaration) == ["func take"])
    #expect(list.first?.parameters.count == 3)
    #expect(
      list.first?.unlabelled == ["_ first: [String: Int]", "_ third: Dictionary<String, Int>"])
    #expect(list.first?.isUnclear == true)
  }

  @Test func `closures beside one other argument are clear`() {
    #expect(lists("func on(_ name: String, _ run: () -> Void) {}").map(\.isUnclear) == [false])
    #expect(
      lists("func on(_ name: String, _ at: Int, _ run: () -> Void) {}").map(\.isUnclear) == [true])
  }

  @Test func `initializers and subscripts count, calls and operators do not`() {
    #expect(lists("init?(_ a: Int, _ b: Int) {}").map(\.isUnclear) == [true])
    #expect(lists("subscript(row: Int, column: Int) -> Int { 0 }").map(\.isUnclear) == [true])
    #expect(lists("subscript(row row: Int, at column: Int) -> Int {}").map(\.isUnclear) == [false])
    #expect(lists("self.init(a, b)\nstatic func < (_ a: A, _ b: A) -> Bool { true }").isEmpty)
  }

  @Test func `comments and strings declare nothing`() {
    let text = #"""
      // func one(_ a: Int, _ b: Int)
      /* func two(_ a: Int, _ b: Int) */
      let text = "func three(_ a: Int, _ b: Int) \(map("func four(") { "\($0)" })"
      let long = """
        func five(_ a: Int, _ b: Int)
        """
      func six(text: String = ", _ a: Int", _ b: Int) {}
      """#
    #expect(lists(text).map(\.declaration) == ["func six"])
    #expect(lists(text).first?.line == 7)
    #expect(lists(text).first?.unlabelled == ["_ b: Int"])
  }

  @Test(arguments: [
    "(a, b) = (c, d)", "(\n  first,\n  second\n) = (\n  one(1, 2),\n  two\n)",
    "let (a, b) = (c, d)", "run { (a, b) = (b, a) }", "(a[0], b.c(1)) =\n  (c, d)",
  ])
  func `a tuple assignment is found`(text: String) {
    #expect(TupleAssignment.all(in: CodeText(text)).count == 1)
  }

  @Test(arguments: [
    "let (a, b) = state.withLock { $0 }", "(a, b) = try two()", "(a, b) == (c, d)",
    "run(a, b) = (c)", "let pair = (a, b)", "(a) = (b)", "// (a, b) = (c, d)",
  ])
  func `another statement is no tuple assignment`(text: String) {
    #expect(TupleAssignment.all(in: CodeText(text)).isEmpty)
  }
}
