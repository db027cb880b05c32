package io.polycall;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import java.util.Objects;

/**
 * A method as one channel calls it. Any thread. What generated clients are made of.
 *
 * @param <Q> the class of requests
 * @param <R> the class of responses
 */
public final class ClientMethod<Q extends MessageLite, R extends MessageLite> {
  /** How many calls a peer that wanted bytes is given bytes without asking again. */
  private static final int RETRY_OBJECTS = 1024;

  private final Channel channel;
  final MethodDescriptor<Q, R> descriptor;
  private final long pointer;
  private final String label;

  /** Counts down the calls that go as bytes within the process; 0: objects. Races do no harm. */
  private int bytesFor;

  ClientMethod(
      Channel channel, String service, MethodDescriptor<Q, R> descriptor, long pointer) {
    this.channel = channel;
    this.descriptor = descriptor;
    this.pointer = pointer;
    this.label = service + "." + descriptor.name;
  }

  private boolean passObjects() {
    if (!channel.inProcess) {
      return false;
    }
    if (bytesFor > 0) {
      --bytesFor;
      return false;
    }
    return true;
  }

  private static long enter(ServerContext parent) {
    if (parent == null) {
      return 0;
    }
    parent.call.use();
    return parent.call.pointer;
  }

  private static void leave(ServerContext parent) {
    if (parent != null) {
      parent.call.leave();
    }
  }

  /**
   * Makes a unary call and waits for its end.
   *
   * @param request the request
   * @param options see there
   * @return the response
   * @throws StatusException if the call does not end OK
   */
  public R call(Q request, CallOptions options) {
    Objects.requireNonNull(request, "request");
    long parent = enter(options.parent);
    try {
      channel.enter();
      Scratch scratch = Scratch.acquire();
      try {
        return call(request, options, parent, scratch);
      } finally {
        scratch.release();
        channel.leave();
      }
    } finally {
      leave(options.parent);
    }
  }

  private R call(Q request, CallOptions options, long parent, Scratch scratch) {
    boolean object = passObjects();
    if (object) {
      scratch.passObject();
    } else {
      scratch.encode(request);
    }
    int code =
        Native.unary(
            channel.pointer,
            pointer,
            scratch.data,
            scratch.size,
            scratch.buffer,
            object ? request : null,
            object ? descriptor.request.table() : 0,
            object ? descriptor.response.table() : 0,
            options.timeoutNanos,
            options.flags,
            parent,
            options.metadata,
            scratch.outAddress,
            Scratch.CAPACITY);
    if (object && scratch.wasEncoded()) {
      bytesFor = RETRY_OBJECTS;
    }
    Metadata initial = null;
    Metadata trailing = null;
    if (options.info != null) {
      initial = scratch.takeInitialMetadata();
      trailing = scratch.takeTrailingMetadata();
      options.info.fill(initial, trailing);
    }
    if (code != 0) {
      throw new StatusException(scratch.takeStatus(code), initial, trailing);
    }
    return response(scratch);
  }

  private R response(Scratch scratch) {
    try {
      return scratch.read(scratch.size(), descriptor.response);
    } catch (InvalidProtocolBufferException error) {
      throw Failures.badMessage("the response of " + label, descriptor.response, error);
    }
  }

  /**
   * Starts a unary call.
   *
   * @param request the request
   * @param options see there
   * @return the future response
   */
  public CallFuture<R> start(Q request, CallOptions options) {
    Objects.requireNonNull(request, "request");
    CallFuture<R> future = new CallFuture<>();
    Upcalls.UnaryDone done =
        (slot, size, large, status, initial, trailing) -> {
          if (options.info != null) {
            options.info.fill(Metadata.fromNative(initial), Metadata.fromNative(trailing));
          }
          try {
            if (status.isOk()) {
              future.complete(slot.read(size, large, descriptor.response));
            } else {
              future.completeExceptionally(
                  new StatusException(
                      status, Metadata.fromNative(initial), Metadata.fromNative(trailing)));
            }
          } catch (InvalidProtocolBufferException error) {
            future.completeExceptionally(
                Failures.badMessage("the response of " + label, descriptor.response, error));
          } finally {
            future.detach();
          }
        };
    long parent = enter(options.parent);
    try {
      channel.enter();
      long call = 0;
      try {
        call = startUnary(request, options, parent, Upcalls.register(done));
      } finally {
        if (call == 0) {
          channel.leave();
        }
      }
      future.attach(new ClientCall(channel, call, label));
    } finally {
      leave(options.parent);
    }
    return future;
  }

  private long startUnary(Q request, CallOptions options, long parent, long id) {
    boolean started = false;
    Scratch scratch = Scratch.acquire();
    try {
      boolean object = passObjects();
      if (object) {
        scratch.passObject();
      } else {
        scratch.encode(request);
      }
      long call =
          Native.unaryAsync(
              channel.pointer,
              pointer,
              scratch.data,
              scratch.size,
              scratch.buffer,
              object ? request : null,
              object ? descriptor.request.table() : 0,
              object ? descriptor.response.table() : 0,
              options.timeoutNanos,
              options.flags,
              parent,
              options.metadata,
              id);
      started = true;
      return call;
    } finally {
      scratch.release();
      if (!started) {
        Upcalls.forget(id);
      }
    }
  }

  /** Starts a call of a streaming kind. */
  private ClientCall startCall(CallOptions options) {
    long parent = enter(options.parent);
    try {
      channel.enter();
      boolean object = passObjects();
      long call = 0;
      try {
        call =
            Native.callStart(
                channel.pointer,
                pointer,
                object ? descriptor.response.table() : 0,
                options.timeoutNanos,
                options.flags,
                parent,
                options.metadata);
      } finally {
        if (call == 0) {
          channel.leave();
        }
      }
      ClientCall started = new ClientCall(channel, call, label);
      started.passesObjects = object;
      return started;
    } finally {
      leave(options.parent);
    }
  }

  /** A send that fails is told by the call's status. */
  private ClientCall startWith(Q request, CallOptions options) {
    Objects.requireNonNull(request, "request");
    ClientCall call = startCall(options);
    try {
      call.send(request, descriptor.request, NativeCall.HALF_CLOSE);
    } catch (Throwable error) {
      call.close();
      throw error;
    }
    return call;
  }

  /**
   * Starts a server-streaming call.
   *
   * @param request the request
   * @param options see there
   * @return the responses
   */
  public ServerStream<R> serverStream(Q request, CallOptions options) {
    return new ServerStream<>(startWith(request, options), descriptor.response);
  }

  /**
   * Starts a client-streaming call.
   *
   * @param options see there
   * @return what requests are sent with
   */
  public ClientStream<Q, R> clientStream(CallOptions options) {
    return new ClientStream<>(startCall(options), descriptor);
  }

  /**
   * Makes a client-streaming call: sends all requests and waits for the response.
   *
   * @param requests the requests
   * @param options see there
   * @return the response
   * @throws StatusException if the call does not end OK
   */
  public R sendAll(Iterable<? extends Q> requests, CallOptions options) {
    try (ClientStream<Q, R> stream = clientStream(options)) {
      for (Q request : requests) {
        if (!stream.offer(request)) {
          break; // the call has ended: finish says why
        }
      }
      return stream.finish();
    }
  }

  /**
   * Starts a bidirectional call.
   *
   * @param options see there
   * @return both directions
   */
  public BidiStream<Q, R> bidiStream(CallOptions options) {
    return new BidiStream<>(startCall(options), descriptor);
  }

  /**
   * Starts a server-streaming call.
   *
   * @param request the request
   * @param options see there
   * @return the responses, asynchronously
   */
  public AsyncServerStream<R> asyncServerStream(Q request, CallOptions options) {
    return new AsyncServerStream<>(startWith(request, options), descriptor.response);
  }

  /**
   * Starts a client-streaming call.
   *
   * @param options see there
   * @return what requests are sent with, asynchronously
   */
  public AsyncClientStream<Q, R> asyncClientStream(CallOptions options) {
    return new AsyncClientStream<>(startCall(options), descriptor);
  }

  /**
   * Starts a bidirectional call.
   *
   * @param options see there
   * @return both directions, asynchronously
   */
  public AsyncBidiStream<Q, R> asyncBidiStream(CallOptions options) {
    return new AsyncBidiStream<>(startCall(options), descriptor);
  }

  @Override
  public String toString() {
    return label;
  }
}
