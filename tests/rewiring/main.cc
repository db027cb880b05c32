// The tests, or one of the servers that they start: --serve NAME TARGET.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>

#include <cstring>

#include "server_process.h"

int main(int argc, char** argv) {
  if (argc == 4 && strcmp(argv[1], "--serve") == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return polycall::rewiring::ServeForever(argv[2], argv[3]);
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
