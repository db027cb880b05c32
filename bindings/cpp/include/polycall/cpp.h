// The whole C++ binding. Generated code includes it.
#ifndef POLYCALL_CPP_H_
#define POLYCALL_CPP_H_

#include <polycall/blocking_handler.h>
#include <polycall/call_options.h>
#include <polycall/callback_handler.h>
#include <polycall/channel.h>
#include <polycall/client_stream.h>
#include <polycall/coroutine_handler.h>
#include <polycall/identity.h>
#include <polycall/interceptor.h>
#include <polycall/log.h>
#include <polycall/metadata.h>
#include <polycall/module.h>
#include <polycall/server.h>
#include <polycall/server_context.h>
#include <polycall/server_stream.h>
#include <polycall/service.h>
#include <polycall/status.h>
#include <polycall/status_or.h>
#include <polycall/stub.h>
#include <polycall/task.h>
#include <polycall/tls.h>
#include <polycall/unary_call.h>
#include <polycall/when_all.h>

#endif  // POLYCALL_CPP_H_
