extension ServiceTemplate {
  /// The reason for which a service cannot have this name, with a remedy; nil where it can.
  static func problem(withName name: String) -> String? {
    guard name.wholeMatch(of: /[a-z][a-z0-9]{0,31}/) != nil else {
      return """
        a name has 1 to 32 lower-case letters and digits, and begins with a letter. Write \
        “warehouse”, for example.
        """
    }
    guard Service(rawValue: name) == nil, name != "eventually" else {
      return "this system uses that name itself. Choose another one, for example “\(name)two”."
    }
    guard !reserved.contains(name), !words.contains(name) else {
      return """
        the package would use that name for two things: it is a word of Swift, a module, or a \
        name in the written sources. Choose another one, for example “\(name)service”.
        """
    }
    return nil
  }

  /// The words of the tutorial's code, without its comments and the names that are replaced.
  private static let words: Set<String> = {
    let code = tutorial.filter { $0.path.hasSuffix(".swift") }
      .flatMap { $0.text.split(separator: "\n") }
      .map { $0.firstMatch(of: /^(.*?)\/\//)?.1 ?? $0 }
    let words = code.flatMap { $0.split { !$0.isLetter && !$0.isNumber } }.map { $0.lowercased() }
    return Set(words.filter { !$0.contains("delta") })
  }()

  /// Modules that the package is built with, and words of Swift, where the sources do not use them.
  private static let reserved = Set(
    """
    algorithms argumentparser atomics backtrace collections commandlinetool concurrency \
    configuration courier cprocess crypto czeromq dispatch foundation glibc grdb hummingbird \
    instrumentation journal logging metrics mustache observation runtime simulation \
    simulate subprocess swift synchronization system tracing versions warehoused yams zeromq \
    any as associatedtype async await break case catch class continue default defer deinit do \
    else extension fallthrough false fileprivate func in inout internal is nil operator \
    precedencegroup private protocol repeat rethrows self subscript super switch throw true \
    type typealias where while
    """.split(separator: " ").map(String.init))
}
