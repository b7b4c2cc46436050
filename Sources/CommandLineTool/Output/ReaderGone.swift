import Glibc

extension Latch {
  /// A latch that opens when the reader of a pipe has gone: `sniff | head -1` ends with `head`, and
  /// not with the next event.
  ///
  /// A thread of its own waits for it, as long as the process lives.
  static func whenReaderGone(_ file: Int32) -> Latch {
    let latch = Latch()
    let owned = Unmanaged.passRetained(Watch(file: file, latch: latch))
    var thread = pthread_t()
    if pthread_create(&thread, nil, Watch.main, owned.toOpaque()) == 0 {
      pthread_detach(thread)
    } else {
      owned.release()
    }
    return latch
  }
}

private final class Watch: Sendable {
  let file: Int32
  let latch: Latch

  init(file: Int32, latch: Latch) {
    self.file = file
    self.latch = latch
  }

  static let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
    argument in
    guard let argument else { return nil }
    var all = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, nil)
    Unmanaged<Watch>.fromOpaque(argument).takeRetainedValue().wait()
    return nil
  }

  /// Without requested events, `poll` reports errors alone: the other end of a pipe is closed.
  private func wait() {
    var interest = pollfd(fd: file, events: 0, revents: 0)
    while poll(&interest, 1, -1) < 0, errno == EINTR {}
    latch.open()
  }
}
