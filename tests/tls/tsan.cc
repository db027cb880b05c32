// OpenSSL is not built for ThreadSanitizer, which so does not see how its threads wait for each other: what
// it does with memory is not judged.
#if defined(__SANITIZE_THREAD__)
extern "C" const char* __tsan_default_suppressions();   // NOLINT(bugprone-reserved-identifier)
extern "C" const char* __tsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier)
  return "called_from_lib:libcrypto.so\ncalled_from_lib:libssl.so\n";
}
#endif
