import Events
import FoundationEssentials
import Testing

@Suite(.timeLimit(.minutes(1))) struct PayloadTests {
  @Test func `a pin has its CloudEvents names`() {
    let schema = PayloadSchema("order.captured", version: 2, leastReader: 2)
    #expect(schema.cloudEventType == "dev.eventually.order.captured.v2")
    #expect(schema.dataSchema == "urn:eventually:schema:order.captured:2")
  }

  @Test func `a least reader above its version is the programmer's mistake`() async {
    await #expect(processExitsWith: .failure) {
      _ = PayloadSchema("order.captured", version: 1, leastReader: 2)
    }
  }

  @Test func `a least reader of zero is the programmer's mistake`() async {
    await #expect(processExitsWith: .failure) {
      _ = PayloadSchema("order.captured", version: 1, leastReader: 0)
    }
  }

  @Test(arguments: [("", []), ("00ff", [0, 255]), ("AbcD", [0xab, 0xcd])] as [(String, [UInt8])])
  func `hexadecimal digits are bytes`(hex: String, bytes: [UInt8]) {
    #expect(Data(hex: hex) == Data(bytes))
    #expect(Data(bytes).hex == hex.lowercased())
  }

  @Test(arguments: ["0", "0g", "0x", " 00", "00 ", "é"])
  func `text without pairs of digits is no bytes`(hex: String) {
    #expect(Data(hex: hex) == nil)
  }
}
