import Events
import FoundationEssentials
import Testing

@Suite(.timeLimit(.minutes(1))) struct ChainTests {
  /// Made with Python: `c = hashlib.sha256(c + topic + body).digest()[:16]`, from 16 zeros.
  private static let history = [
    ("alpha/settings.changed/v1/", #"{"a":1}"#, "79cf9f02f6f0b178dad1a74e87c53cfb"),
    ("beta/order.captured/v2/", "", "38c4987ea31ed7ee97c9c04f7363e02d"),
    ("alpha/order.approved/v2/", "é", "14f8e2ead91334b8148dac3255ed8065"),
  ]

  @Test func `it is the digest that another program makes of the same history`() throws {
    var chain = Chain.zero
    for (topic, body, hex) in Self.history {
      chain = chain.appending(topic: try #require(Topic(topic)), body: Data(body.utf8))
      #expect(chain.description == hex)
    }
  }

  @Test func `the chain before the first event is zeros`() {
    #expect(Chain.zero.description == "00000000000000000000000000000000")
    #expect(Chain.zero.bytes.count == Chain.size)
  }

  @Test func `another topic, body or past is another chain`() {
    let topic = Topic(stream: "a", type: "b", version: 1)
    let chains = [
      Chain.zero.appending(topic: topic, body: Data("x".utf8)),
      Chain.zero.appending(topic: topic, body: Data("y".utf8)),
      Chain.zero.appending(
        topic: Topic(stream: "a", type: "b", version: 2), body: Data("x".utf8)),
      Chain.zero.appending(topic: topic, body: Data()).appending(
        topic: topic, body: Data("x".utf8)),
    ]
    #expect(Set(chains).count == chains.count)
  }

  @Test(arguments: ["", "00", String(repeating: "0", count: 31), String(repeating: "g", count: 32)])
  func `only 32 hexadecimal digits are a chain`(hex: String) throws {
    #expect(Chain(hex: hex) == nil)
    let json = try [hex].json()
    let error = try #require(throws: DecodingError.self) {
      try JSONDecoder().decode([Chain].self, from: json)
    }
    let sentence = "[0]: “\(hex)” is not a chain of 32 hexadecimal digits"
    #expect(DecodingProblem(error).description == sentence)
  }

  @Test func `it is its digits in JSON`() throws {
    let chain = try #require(Chain(hex: Self.history[0].2))
    let json = try [chain].json()
    #expect(text(json) == #"["79cf9f02f6f0b178dad1a74e87c53cfb"]"#)
    #expect(try JSONDecoder().decode([Chain].self, from: json) == [chain])
    #expect(Chain(chain.bytes) == chain)
    #expect(Chain(chain.bytes.dropLast()) == nil)
  }

  @Test(
    arguments: [(0, "0000000000000000"), (.max, "ffffffffffffffff"), (0x1f, "000000000000001f")]
      as [(UInt64, String)])
  func `an epoch is 16 digits in JSON`(number: UInt64, hex: String) throws {
    let json = try [Epoch(number)].json()
    #expect(text(json) == #"["\#(hex)"]"#)
    #expect(try JSONDecoder().decode([Epoch].self, from: json) == [Epoch(number)])
    #expect(Epoch(hex: hex.uppercased()) == Epoch(number))
    #expect(Epoch(hex: String(hex.dropFirst())) == nil)
  }
}
