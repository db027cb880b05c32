package io.polycall;

import com.google.protobuf.MessageLite;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * A service with the handlers of its methods, added in the order of the {@code .proto}. Made by
 * generated code.
 */
public final class ServiceDefinition {
  /**
   * A blocking handler of unary calls.
   *
   * @param <Q> the class of requests
   * @param <R> the class of responses
   */
  @FunctionalInterface
  public interface Unary<Q, R> {
    /**
     * Serves a call.
     *
     * @param request the request
     * @param context the call
     * @return the response
     * @throws Exception ends the call: a {@link StatusException} with its status, another UNKNOWN
     */
    R handle(Q request, ServerContext context) throws Exception;
  }

  /**
   * A blocking handler of server-streaming calls.
   *
   * @param <Q> the class of requests
   * @param <R> the class of responses
   */
  @FunctionalInterface
  public interface ServerStreaming<Q, R extends MessageLite> {
    /**
     * Serves a call.
     *
     * @param request the request
     * @param responses where responses are sent
     * @param context the call
     * @throws Exception ends the call: a {@link StatusException} with its status, another UNKNOWN
     */
    void handle(Q request, Responses<R> responses, ServerContext context) throws Exception;
  }

  /**
   * A blocking handler of client-streaming calls.
   *
   * @param <Q> the class of requests
   * @param <R> the class of responses
   */
  @FunctionalInterface
  public interface ClientStreaming<Q extends MessageLite, R> {
    /**
     * Serves a call.
     *
     * @param requests the requests
     * @param context the call
     * @return the response
     * @throws Exception ends the call: a {@link StatusException} with its status, another UNKNOWN
     */
    R handle(Requests<Q> requests, ServerContext context) throws Exception;
  }

  /**
   * A blocking handler of bidirectional calls.
   *
   * @param <Q> the class of requests
   * @param <R> the class of responses
   */
  @FunctionalInterface
  public interface BidiStreaming<Q extends MessageLite, R extends MessageLite> {
    /**
     * Serves a call.
     *
     * @param requests the requests
     * @param responses where responses are sent
     * @param context the call
     * @throws Exception ends the call: a {@link StatusException} with its status, another UNKNOWN
     */
    void handle(Requests<Q> requests, Responses<R> responses, ServerContext context)
        throws Exception;
  }

  /**
   * An asynchronous handler of unary calls.
   *
   * @param <Q> the class of requests
   * @param <R> the class of responses
   */
  @FunctionalInterface
  public interface AsyncUnary<Q, R> {
    /**
     * Serves a call.
     *
     * @param request the request
     * @param context the call
     * @return the future response, or the exception that ends the call
     * @throws Exception ends the call, as the stage's would
     */
    CompletionStage<? extends R> handle(Q request, ServerContext context) throws Exception;
  }

  /**
   * An asynchronous handler of server-streaming calls.
   *
   * @param <Q> the class of requests
   * @param <R> the class of responses
   */
  @FunctionalInterface
  public interface AsyncServerStreaming<Q, R extends MessageLite> {
    /**
     * Serves a call.
     *
     * @param request the request
     * @param responses where responses are sent
     * @param context the call
     * @return completes when all responses were sent
     * @throws Exception ends the call, as the stage's would
     */
    CompletionStage<Void> handle(Q request, AsyncResponses<R> responses, ServerContext context)
        throws Exception;
  }

  /**
   * An asynchronous handler of client-streaming calls.
   *
   * @param <Q> the class of requests
   * @param <R> the class of responses
   */
  @FunctionalInterface
  public interface AsyncClientStreaming<Q extends MessageLite, R> {
    /**
     * Serves a call.
     *
     * @param requests the requests
     * @param context the call
     * @return the future response
     * @throws Exception ends the call, as the stage's would
     */
    CompletionStage<? extends R> handle(AsyncRequests<Q> requests, ServerContext context)
        throws Exception;
  }

  /**
   * An asynchronous handler of bidirectional calls.
   *
   * @param <Q> the class of requests
   * @param <R> the class of responses
   */
  @FunctionalInterface
  public interface AsyncBidiStreaming<Q extends MessageLite, R extends MessageLite> {
    /**
     * Serves a call.
     *
     * @param requests the requests
     * @param responses where responses are sent
     * @param context the call
     * @return completes when all responses were sent
     * @throws Exception ends the call, as the stage's would
     */
    CompletionStage<Void> handle(
        AsyncRequests<Q> requests, AsyncResponses<R> responses, ServerContext context)
        throws Exception;
  }

  final ServiceDescriptor service;
  final List<MethodHandler<?, ?>> handlers = new ArrayList<>();

  private ServiceDefinition(ServiceDescriptor service) {
    this.service = service;
  }

  /**
   * A definition without handlers.
   *
   * @param service the service
   * @return a new definition
   */
  public static ServiceDefinition of(ServiceDescriptor service) {
    return new ServiceDefinition(service);
  }

  /**
   * Adds the handler of the next method, which is unary.
   *
   * @param handler the handler
   * @param <Q> the class of requests
   * @param <R> the class of responses
   * @return this
   */
  public <Q extends MessageLite, R extends MessageLite> ServiceDefinition unary(
      Unary<Q, R> handler) {
    return add(new BlockingHandlers.OfUnary<>(name(), this.<Q, R>next(MethodKind.UNARY), handler));
  }

  /**
   * Adds the handler of the next method, which streams responses.
   *
   * @param handler the handler
   * @param <Q> the class of requests
   * @param <R> the class of responses
   * @return this
   */
  public <Q extends MessageLite, R extends MessageLite> ServiceDefinition serverStreaming(
      ServerStreaming<Q, R> handler) {
    return add(
        new BlockingHandlers.OfServerStreaming<>(
            name(), this.<Q, R>next(MethodKind.SERVER_STREAMING), handler));
  }

  /**
   * Adds the handler of the next method, which streams requests.
   *
   * @param handler the handler
   * @param <Q> the class of requests
   * @param <R> the class of responses
   * @return this
   */
  public <Q extends MessageLite, R extends MessageLite> ServiceDefinition clientStreaming(
      ClientStreaming<Q, R> handler) {
    return add(
        new BlockingHandlers.OfClientStreaming<>(
            name(), this.<Q, R>next(MethodKind.CLIENT_STREAMING), handler));
  }

  /**
   * Adds the handler of the next method, which streams both.
   *
   * @param handler the handler
   * @param <Q> the class of requests
   * @param <R> the class of responses
   * @return this
   */
  public <Q extends MessageLite, R extends MessageLite> ServiceDefinition bidiStreaming(
      BidiStreaming<Q, R> handler) {
    return add(
        new BlockingHandlers.OfBidiStreaming<>(
            name(), this.<Q, R>next(MethodKind.BIDI_STREAMING), handler));
  }

  /**
   * Adds the asynchronous handler of the next method, which is unary.
   *
   * @param handler the handler
   * @param <Q> the class of requests
   * @param <R> the class of responses
   * @return this
   */
  public <Q extends MessageLite, R extends MessageLite> ServiceDefinition asyncUnary(
      AsyncUnary<Q, R> handler) {
    return add(new AsyncHandlers.OfUnary<>(name(), this.<Q, R>next(MethodKind.UNARY), handler));
  }

  /**
   * Adds the asynchronous handler of the next method, which streams responses.
   *
   * @param handler the handler
   * @param <Q> the class of requests
   * @param <R> the class of responses
   * @return this
   */
  public <Q extends MessageLite, R extends MessageLite> ServiceDefinition asyncServerStreaming(
      AsyncServerStreaming<Q, R> handler) {
    return add(
        new AsyncHandlers.OfServerStreaming<>(
            name(), this.<Q, R>next(MethodKind.SERVER_STREAMING), handler));
  }

  /**
   * Adds the asynchronous handler of the next method, which streams requests.
   *
   * @param handler the handler
   * @param <Q> the class of requests
   * @param <R> the class of responses
   * @return this
   */
  public <Q extends MessageLite, R extends MessageLite> ServiceDefinition asyncClientStreaming(
      AsyncClientStreaming<Q, R> handler) {
    return add(
        new AsyncHandlers.OfClientStreaming<>(
            name(), this.<Q, R>next(MethodKind.CLIENT_STREAMING), handler));
  }

  /**
   * Adds the asynchronous handler of the next method, which streams both.
   *
   * @param handler the handler
   * @param <Q> the class of requests
   * @param <R> the class of responses
   * @return this
   */
  public <Q extends MessageLite, R extends MessageLite> ServiceDefinition asyncBidiStreaming(
      AsyncBidiStreaming<Q, R> handler) {
    return add(
        new AsyncHandlers.OfBidiStreaming<>(
            name(), this.<Q, R>next(MethodKind.BIDI_STREAMING), handler));
  }

  /**
   * What a handler that is not overridden throws.
   *
   * @param service the service
   * @param method the method's name
   * @return an exception that says UNIMPLEMENTED
   */
  public static StatusException unimplemented(ServiceDescriptor service, String method) {
    return new StatusException(
        StatusCode.UNIMPLEMENTED,
        service.name + "." + method + " is not implemented by this server");
  }

  private String name() {
    return service.name;
  }

  private ServiceDefinition add(MethodHandler<?, ?> handler) {
    handlers.add(handler);
    return this;
  }

  @SuppressWarnings("unchecked")
  private <Q extends MessageLite, R extends MessageLite> MethodDescriptor<Q, R> next(
      MethodKind kind) {
    if (handlers.size() == service.methods.size()) {
      throw new IllegalArgumentException(service.name + " has no more methods");
    }
    MethodDescriptor<?, ?> method = service.methods.get(handlers.size());
    if (method.kind != kind) {
      throw new IllegalArgumentException(
          service.name + "." + method.name + " is " + method.kind + ", not " + kind);
    }
    return (MethodDescriptor<Q, R>) method;
  }
}
