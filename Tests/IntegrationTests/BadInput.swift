import Foundation
import Testing

/// A request that is refused.
struct BadCall: Sendable, CustomTestStringConvertible {
  let name: String
  let method: String
  let target: String
  let body: Data?
  let headers: [String: String]
  let status: Int
  /// The end of the problem's type.
  let slug: String
  /// The words that its sentences must contain.
  let says: [String]

  var testDescription: String { name }

  init(
    _ name: String, _ method: String, _ target: String, _ body: String?,
    headers: [String: String] = [:], _ status: Int, _ slug: String, says: [String]
  ) {
    self.name = name
    self.method = method
    self.target = target
    self.body = body.map { Data($0.utf8) }
    self.headers = headers
    self.status = status
    self.slug = slug
    self.says = says
  }

  init(
    _ name: String, _ method: String, _ target: String, _ body: String?,
    headers: [String: String] = [:], _ status: Int, _ slug: String, says: String...
  ) {
    self.init(name, method, target, body, headers: headers, status, slug, says: says)
  }

  init(
    _ name: String, _ method: String, _ target: String, headers: [String: String] = [:],
    _ status: Int, _ slug: String, says: String...
  ) {
    self.init(name, method, target, nil, headers: headers, status, slug, says: says)
  }

  /// Sends it, with words of the target and the body replaced by what is only known now.
  func send(to service: HTTPClient, replacing words: [String: String] = [:]) async throws
    -> HTTPAnswer
  {
    func filled(_ text: String) -> String {
      words.reduce(text) { $0.replacing($1.key, with: $1.value) }
    }
    return try await service.send(
      method, filled(target),
      body: body.map { Data(filled(String(decoding: $0, as: UTF8.self)).utf8) },
      headers: headers)
  }

  /// Checks that the answer is a whole problem document, with sentences for people.
  func check(_ answer: HTTPAnswer, source: SourceLocation = #_sourceLocation) {
    let comment = Comment(rawValue: "\(name): \(answer)")
    #expect(answer.status == status, comment, sourceLocation: source)
    #expect(answer.header("Content-Type") == "application/problem+json", comment)
    let problem = answer.json
    #expect(problem["type"].string == "urn:eventually:problem:\(slug)", comment)
    #expect(problem["title"].string?.isEmpty == false, comment)
    #expect(problem["status"].int == Int64(status), comment)
    #expect(problem["requestId"].string == answer.header("X-Request-ID"), comment)
    for name in ["detail", "remedy"] {
      let sentence = problem[name].text
      #expect(sentence.first?.isUppercase == true || sentence.first == "“", comment)
      #expect(sentence.hasSuffix(".") && !sentence.hasSuffix(".."), comment)
      #expect(!sentence.contains("The given data"), comment)
    }
    for words in says {
      #expect((problem["detail"].text + " " + problem["remedy"].text).contains(words), comment)
    }
  }
}

/// A deployment that all tests of a suite share: what they send is refused, and changes nothing.
struct SharedDeployment: SuiteTrait, TestScoping {
  @TaskLocal static var current: Deployment?

  let services: [ServiceName]

  func provideScope(
    for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void
  ) async throws {
    try await withDeployment { deployment in
      try await deployment.start(all: services)
      if services.contains(.beta) { try await deployment[.beta].logged("settings.changed applied") }
      try await Self.$current.withValue(deployment) { try await body() }
    }
  }
}

extension Trait where Self == SharedDeployment {
  static func sharing(_ services: ServiceName...) -> Self { SharedDeployment(services: services) }
}

extension Deployment {
  /// Starts Alpha and Beta, and waits until Beta has settings to quote from.
  ///
  /// On a busy machine it may be ready before, having received nothing from Alpha for two seconds.
  func openShop() async throws {
    try await start(all: [.alpha, .beta])
    try await self[.beta].logged("settings.changed applied")
  }
}

/// The deployment of the suite.
var shared: Deployment {
  get throws { try #require(SharedDeployment.current) }
}

/// Expects that neither the service's log nor a resource changes while the body runs.
func expectUnchanged(
  _ service: HTTPClient, _ target: String? = nil, _ body: () async throws -> Void
) async throws {
  let stream = try await service.get("/api/bus").json["stream"]
  let resource = if let target { try await service.get(target).json } else { JSON.null }
  try await body()
  #expect(try await service.get("/api/bus").json["stream"] == stream)
  if let target { #expect(try await service.get(target).json == resource) }
}
