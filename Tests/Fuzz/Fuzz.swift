// The entry of libFuzzer. One program has all targets; the variable FUZZ_TARGET names the one that a
// run tries: `make fuzz SECONDS=60`.

import Foundation

private typealias Words = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

/// libFuzzer's own loop (FuzzerInterface.h).
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<Int32>, _ words: UnsafeMutablePointer<Words?>,
  _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

/// The package manager makes this symbol the program's `main`.
@_cdecl("fuzz_main")
public func fuzzMain() -> Int32 {
  var count = CommandLine.argc
  var words: Words? = CommandLine.unsafeArgv
  return runDriver(&count, &words, testOneInput)
}

/// libFuzzer's library names it too.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  target.run(Data(UnsafeBufferPointer(start: bytes, count: count)))
  return 0
}

private let target: FuzzTarget = {
  let name = ProcessInfo.processInfo.environment["FUZZ_TARGET"] ?? ""
  guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
    fatalError("FUZZ_TARGET is one of \(FuzzTarget.all.map(\.name))")
  }
  return target
}()

/// Bytes from outside, and what must hold for any of them beside that nothing crashes.
struct FuzzTarget: Sendable {
  let name: String
  let run: @Sendable (Data) -> Void

  init(_ name: String, _ run: @escaping @Sendable (Data) -> Void) {
    self.name = name
    self.run = run
  }
}

/// Ends the run with the input as a finding.
func require(_ holds: Bool, _ sentence: @autoclosure () -> String) {
  guard !holds else { return }
  fatalError(sentence())
}
