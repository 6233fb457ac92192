//! Responses over WebSocket.
