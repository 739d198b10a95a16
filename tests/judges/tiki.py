"""Tiki: no SDK exists, so this is a stub of the shapes that open.tiki.vn documents. Requests are reviewed by tests (`status`)."""

import base64

from judge import Judge, Refused, serve

CLIENT, SECRET = "ocop-client", "ocop-tiki-secret"
OPEN = ("queuing", "processing", "drafted", "awaiting_approve")


class Tiki(Judge):
    def __init__(self):
        super().__init__()
        self.access, self.refresh, self.queues, self.events = "at-0", "rt-0", {}, []

    def refuse(self, status, message):
        raise Refused({"errors": [message]}, status)

    def answer(self, request):
        if request.path == "/sc/oauth2/token":
            return self.token(request)
        if request.headers.get("authorization") != f"Bearer {self.access}" or self.access_ended:
            raise Refused({"error": "the access token is invalid or expired"}, 401)
        if not request.path.startswith("/integration/"):
            self.complain(f"{request.path} is not below /integration")
        return self.operate(request.method, request.path.removeprefix("/integration/"), dict(request.query), request.json())

    def token(self, request):
        app = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {app}":
            raise Refused({"error": "invalid_client"}, 401)
        form = request.form()
        own = form.get("grant_type") == "client_credentials"
        if form.get("grant_type") == "refresh_token" and form.get("refresh_token") != self.refresh:
            raise Refused({"error": "invalid_grant"}, 400)
        self.renewals += 1
        self.access, self.refresh, self.access_ended = f"at-{self.renewals}", f"rt-{self.renewals}", False
        tokens = {"access_token": self.access, "expires_in": 3600, "token_type": "bearer"}
        return tokens if own else {**tokens, "refresh_token": self.refresh}

    def operate(self, method, path, query, body):
        parts = path.split("/")
        if path == "v2/categories":
            return {"data": [{"id": 4384, "parent_id": 0, "name": "Bách hóa", "is_primary": False},
                             {"id": 4421, "parent_id": 4384, "name": "Mật ong", "is_primary": True}]}
        if path == "v2/categories/4421/attributes":
            return {"data": [{"code": "brand", "is_required": 1, "default_value": None}, {"code": "origin", "is_required": 1, "default_value": None},
                             {"code": "expiry_time", "is_required": 1, "default_value": None}, {"code": "color", "is_required": 0, "default_value": None}]}
        if path == "v2/sellers/me/warehouses":
            return {"data": [{"id": 1034, "name": "Kho", "status": 1}]}
        if path == "v2/requests" and method == "POST":
            return self.create(body)
        if path == "v2/requests":
            return {"data": [self.told(item, False) for item in reversed(self.items.values())]}
        if path == "v2/requests/updateProductInfo":
            item = self.product(lambda item: item["id"] == str(body["product_id"]))
            item["title"], item["description"] = body["name"], body["description"]
            return {"track_id": self.new_id(), "state": "queuing"}
        if path.startswith("v2/tracking/"):
            return self.told(self.asked(lambda item: item["track"] == parts[2]), False)
        if path.startswith("v2/requests/"):
            item = self.asked(lambda item: item["request"] == parts[2])
            if method == "DELETE":
                if item["status"] not in OPEN:
                    self.refuse(400, "the request can't be deleted")
                item["status"] = "deleted"
            return self.told(item, True)
        if path == "v2/products/findBy":
            return self.shown(self.product(lambda item: item["sku"] == query["original_sku"]))
        if path == "v2/products/updateSku" and method == "PUT":
            return self.update(body)
        if path == "v2/products":
            if "updated_from_date" not in query:
                self.complain("products are asked for by the time they changed")
            return {"data": [self.shown(item) for item in self.items.values() if item["status"] in ("active", "inactive")]}
        return self.queue(parts, body)

    def create(self, body):
        variant = body["variants"][0]
        if body["category_id"] != 4421:
            self.refuse(422, "category_id is not a primary category")
        if variant["price"] * 10 < body["market_price"]:
            self.refuse(400, "Price must be at least 10% of market price")
        if not body["image"] or not isinstance(body["images"], list) or "brand" not in body["attributes"]:
            self.complain("the request lacks a picture or a brand")
        item = {"id": self.new_id(), "track": self.new_id(), "request": self.new_id(), "sku": variant["sku"], "title": body["name"],
                "description": body["description"], "price": str(variant["price"]), "stock": variant["warehouse_stocks"][0]["qtyAvailable"],
                "status": "awaiting_approve"}
        self.items[item["id"]] = item
        return {"track_id": item["track"], "state": "queuing"}

    def update(self, body):
        if body.get("price") is not None and not isinstance(body["price"], int):
            self.complain("prices are whole numbers")
        item = self.product(lambda item: item["sku"] == body["original_sku"])
        item["price"] = str(body.get("price", item["price"]))
        for at in body.get("warehouse_quantities", []):
            item["stock"] = at["qty_available"]
        if "active" in body:
            item["status"] = "active" if body["active"] == 1 else "inactive"
        return {"state": "approved"}

    def queue(self, parts, body):
        if parts == ["v1", "queues"]:
            code = f"queue-{len(self.queues) + 1}"
            self.queues[code] = set()
            return {"code": code, "name": body["name"], "status": "ACTIVE"}
        if len(parts) < 4 or parts[2] not in self.queues:
            self.refuse(404, "no such queue")
        if parts[3] == "subscriptions":
            self.queues[parts[2]].add(body["event_type"])
            return {"code": "s", "active": True, "event_type": body["event_type"], "sid": "S"}
        done = int(body.get("ack_id") or 0)
        waiting = [event for event in self.events[done:done + 2] if event["type"] in self.queues[parts[2]]]
        return {"events": waiting, "ack_id": str(done + len(waiting))}

    def control(self, what, told):
        super().control(what, dict(told))
        if what == "status" and "price" in told:
            item = self.items[told["id"]]
            payload = {"product_id": int(item["id"]), "original_sku": item["sku"], "price_from": "", "price_to": told["price"]}
            self.events.append({"id": self.new_id(), "sid": "S", "type": "PRODUCT_PRICE_UPDATED", "version": "v1", "payload": payload})

    def one(self, which, living):
        found = [item for item in self.items.values() if which(item) and (item["status"] in ("active", "inactive")) >= living]
        return found[-1] if found else self.refuse(404, "not found")

    def product(self, which):
        return self.one(which, True)

    def asked(self, which):
        return self.one(which, False)

    def told(self, item, whole):
        state = "approved" if item["status"] in ("active", "inactive") else item["status"]
        products = [{"product_id": int(item["id"]), "original_sku": item["sku"]}] if whole else []
        return {"track_id": item["track"], "request_id": item["request"], "state": state, "kind": "create_product",
                "reason": item.get("reason"), "products": products}

    def shown(self, item):
        return {"product_id": int(item["id"]), "original_sku": item["sku"], "name": item["title"], "price": int(item["price"]),
                "active": 1 if item["status"] == "active" else 0, "inventory": {"quantity_available": item["stock"]}}


serve(Tiki())
