package interop;

/** Why a case fails. */
final class CaseFailed extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CaseFailed(String message) {
    super(message);
  }
}
