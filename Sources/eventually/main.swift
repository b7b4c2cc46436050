// The command line tool; its code is the module CommandLineTool. This file names the services whose
// own rules `verify` checks, because rooms do not import one another.

import Charlie
import CommandLineTool
import Daemon

prepareProcess()
await Eventually.start(checking: [CharlieRoom.self])
