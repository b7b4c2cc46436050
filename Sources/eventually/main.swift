// The command line tool: everything that it does stands in the room CommandLineTool.

import CommandLineTool

await Eventually.start()
