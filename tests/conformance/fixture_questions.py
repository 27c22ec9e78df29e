"""Tools and a prompt of the conformance suite that ask the client something before they answer.

On the older wire the server sends a request of its own (``ask_live``); on the newer one the tool
returns what it needs and is called again with the answers (``ask_in_rounds``).
"""

from typing import Any

from mcp import MCPError
from mcp.server.mcpserver import Context, MCPServer
from mcp.types import (
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    ClientCapabilities,
    CreateMessageRequest,
    CreateMessageRequestParams,
    CreateMessageResult,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
    ListRootsRequest,
    ListRootsResult,
    MissingRequiredClientCapabilityErrorData,
    SamplingCapability,
    SamplingMessage,
    TextContent,
)

Asking = str | InputRequiredResult
TEXT = {"type": "string"}

DEFAULTS_FORM = {
    "name": {"type": "string", "default": "John Doe"},
    "age": {"type": "integer", "default": 30},
    "score": {"type": "number", "default": 95.5},
    "status": {
        "type": "string",
        "enum": ["active", "inactive", "pending"],
        "default": "active",
    },
    "verified": {"type": "boolean", "default": True},
}

_PLAIN = ["option1", "option2", "option3"]
_TITLED = [
    {"const": "value1", "title": "First"},
    {"const": "value2", "title": "Second"},
    {"const": "value3", "title": "Third"},
]
CHOICES_FORM = {
    "untitledSingle": {"type": "string", "enum": _PLAIN},
    "titledSingle": {"type": "string", "oneOf": _TITLED},
    "legacyEnum": {
        "type": "string",
        "enum": ["opt1", "opt2", "opt3"],
        "enumNames": ["Option One", "Option Two", "Option Three"],
    },
    "untitledMulti": {"type": "array", "items": {"type": "string", "enum": _PLAIN}},
    "titledMulti": {"type": "array", "items": {"anyOf": _TITLED}},
}


def _form(properties: dict[str, Any], *, required: bool = True) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    return {**schema, "required": list(properties)} if required else schema


def _question(message: str, **properties: Any) -> ElicitRequest:
    return ElicitRequest(
        params=ElicitRequestFormParams(message=message, requested_schema=_form(properties))
    )


def _prompt(text: str, max_tokens: int = 100) -> CreateMessageRequest:
    message = SamplingMessage(role="user", content=TextContent(text=text))
    return CreateMessageRequest(
        params=CreateMessageRequestParams(messages=[message], max_tokens=max_tokens)
    )


def _answer(ctx: Context, key: str) -> object:
    return (ctx.input_responses or {}).get(key)


# ---- the older wire: the server asks while the call is open


async def live_sampling(prompt: str, ctx: Context) -> str:
    """Lets the client's model answer."""
    answer = await ctx.session.create_message(
        [SamplingMessage(role="user", content=TextContent(text=prompt))],
        max_tokens=100,
        related_request_id=ctx.request_id,
    )
    return f"LLM response: {getattr(answer.content, 'text', answer.content)}"


async def _live_form(ctx: Context, message: str, schema: dict[str, Any]) -> str:
    answer = await ctx.session.elicit_form(message, schema, related_request_id=ctx.request_id)
    return f"action={answer.action}, content={answer.content}"


async def live_elicitation(message: str, ctx: Context) -> str:
    """Asks for a name and an address."""
    form = {
        "username": {**TEXT, "description": "User's response"},
        "email": {**TEXT, "description": "User's email address"},
    }
    return "User response: " + await _live_form(ctx, message, _form(form))


async def live_defaults(ctx: Context) -> str:
    """Asks with a default for each kind of value."""
    form = _form(DEFAULTS_FORM, required=False)
    return "Elicitation completed: " + await _live_form(ctx, "Please check these.", form)


async def live_choices(ctx: Context) -> str:
    """Asks with each way of writing a choice."""
    form = _form(CHOICES_FORM, required=False)
    return "Elicitation completed: " + await _live_form(ctx, "Please choose.", form)


# ---- the newer wire: the tool returns its questions and is called again


def one_question(ctx: Context) -> Asking:
    """Greets by name, once it knows the name."""
    match _answer(ctx, "user_name"):
        case ElicitResult(action="accept", content={"name": str(name)}):
            return f"Hello, {name}!"
        case _:
            return InputRequiredResult(
                input_requests={"user_name": _question("What is your name?", name=TEXT)}
            )


def one_sampling(ctx: Context) -> Asking:
    """Says what the client's model said."""
    match _answer(ctx, "capital_question"):
        case CreateMessageResult(content=TextContent(text=text)):
            return f"The model said: {text}"
        case _:
            return InputRequiredResult(
                input_requests={"capital_question": _prompt("What is the capital of France?")}
            )


def one_list_of_roots(ctx: Context) -> Asking:
    """Says which roots the client has."""
    match _answer(ctx, "client_roots"):
        case ListRootsResult(roots=roots):
            return f"Roots: {', '.join(str(root.uri) for root in roots)}"
        case _:
            return InputRequiredResult(input_requests={"client_roots": ListRootsRequest()})


def with_state(ctx: Context) -> Asking:
    """Recognizes its own state."""
    match _answer(ctx, "confirm"):
        case ElicitResult() if ctx.request_state == "asked":
            return "state-ok"
        case _:
            return InputRequiredResult(
                input_requests={"confirm": _question("Please confirm", ok={"type": "boolean"})},
                request_state="asked",
            )


def three_questions(ctx: Context) -> Asking:
    """Asks the person, the model and the client at once."""
    match [_answer(ctx, key) for key in ("user_name", "greeting", "client_roots")]:
        case [ElicitResult() as name, CreateMessageResult(), ListRootsResult(roots=roots)]:
            return f"{name.content} greeted; {len(roots)} roots"
        case _:
            return InputRequiredResult(
                input_requests={
                    "user_name": _question("What is your name?", name=TEXT),
                    "greeting": _prompt("Generate a greeting", max_tokens=50),
                    "client_roots": ListRootsRequest(),
                },
                request_state="asked",
            )


def two_rounds(ctx: Context) -> Asking:
    """Asks for a name, then for a color; the state remembers the name."""
    match ctx.request_state, _answer(ctx, "step1"), _answer(ctx, "step2"):
        case str(state), _, ElicitResult(content={"color": color}) if state.startswith("name "):
            return f"{state.removeprefix('name ')} likes {color}"
        case "begun", ElicitResult(content={"name": name}), _:
            question = _question("Step 2: What is your favorite color?", color=TEXT)
            return InputRequiredResult(
                input_requests={"step2": question}, request_state=f"name {name}"
            )
        case _:
            question = _question("Step 1: What is your name?", name=TEXT)
            return InputRequiredResult(input_requests={"step1": question}, request_state="begun")


def what_the_client_can(ctx: Context) -> Asking:
    """Asks only for what the client declared."""
    declared = ctx.client_capabilities or ClientCapabilities()
    requests: dict[str, Any] = {}
    if declared.elicitation is not None:
        requests["question"] = _question("What is your name?", name=TEXT)
    if declared.sampling is not None:
        requests["prompt"] = _prompt("Generate a greeting")
    if declared.roots is not None:
        requests["roots"] = ListRootsRequest()
    if ctx.input_responses or not requests:
        return "Nothing to ask."
    return InputRequiredResult(input_requests=requests)


def needs_sampling(ctx: Context) -> str:
    """Refuses a client that has no model."""
    if (ctx.client_capabilities or ClientCapabilities()).sampling is None:
        needed = ClientCapabilities(sampling=SamplingCapability())
        raise MCPError(
            MISSING_REQUIRED_CLIENT_CAPABILITY,
            "This tool needs sampling",
            MissingRequiredClientCapabilityErrorData(required_capabilities=needed).model_dump(
                by_alias=True, exclude_none=True
            ),
        )
    return "The client has a model."


async def streamed_question(ctx: Context) -> Asking:
    """Reports progress, then asks."""
    await ctx.report_progress(0, 1, "About to ask")
    return one_question(ctx)


def asking_prompt(ctx: Context) -> Asking:
    """A prompt that has to know something first."""
    match _answer(ctx, "user_context"):
        case ElicitResult(content={"context": context}):
            return f"Consider {context}."
        case _:
            question = _question("What context should the prompt use?", context=TEXT)
            return InputRequiredResult(input_requests={"user_context": question})


TOOLS = {
    "test_sampling": live_sampling,
    "test_elicitation": live_elicitation,
    "test_elicitation_sep1034_defaults": live_defaults,
    "test_elicitation_sep1330_enums": live_choices,
    "test_input_required_result_elicitation": one_question,
    "test_input_required_result_sampling": one_sampling,
    "test_input_required_result_list_roots": one_list_of_roots,
    "test_input_required_result_request_state": with_state,
    "test_input_required_result_tampered_state": with_state,
    "test_input_required_result_multiple_inputs": three_questions,
    "test_input_required_result_multi_round": two_rounds,
    "test_input_required_result_capabilities": what_the_client_can,
    "test_missing_capability": needs_sampling,
    "test_streaming_elicitation": streamed_question,
}


def add_questions(server: MCPServer[Any]) -> None:
    """Add everything of this module to the server."""
    for name, call in TOOLS.items():
        server.add_tool(call, name=name)
    server.prompt(name="test_input_required_result_prompt")(asking_prompt)
