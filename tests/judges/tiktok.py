"""TikTok Shop, judged by PyPI `tiktok-shop-api`: its signer, its table of operations, its generated models."""

import attrs
from judge import Judge, Refused, serve
from tiktok_shop_api.generated import models
from tiktok_shop_api.signing import Signer, operation_for

KEY, SECRET, CIPHER = "ocopkey", "ocop-tts-secret", "GCP_ocoptest"


def unknown(value, path="body"):
    """Fields that the SDK's models don't know."""
    if isinstance(value, list):
        return [name for index, item in enumerate(value) for name in unknown(item, f"{path}[{index}]")]
    if not attrs.has(type(value)):
        return []
    found = [f"{path}.{name}" for name in getattr(value, "additional_properties", {})]
    for field in attrs.fields(type(value)):
        if field.name != "additional_properties":
            found += unknown(getattr(value, field.name), f"{path}.{field.name}")
    return found


class TikTok(Judge):
    def __init__(self):
        super().__init__()
        self.access, self.refresh, self.keys, self.pictures, self.forbidden = "at-0", "rt-0", {}, 0, ["siêu rẻ"]

    def refuse(self, code, message, status=200):
        raise Refused({"code": code, "message": message, "request_id": f"r{len(self.calls)}", "data": {}}, status)

    def answer(self, request):
        if request.path.startswith("/api/v2/token/"):
            return self.done(self.token(dict(request.query)))
        self.check(request)
        return self.done(self.operate(request))

    def done(self, data):
        return {"code": 0, "message": "Success", "request_id": f"r{len(self.calls)}", "data": data}

    def token(self, query):
        if query.get("app_secret") != SECRET or query.get("app_key") != KEY:
            self.complain("token call without the app's key and secret")
        if query.get("grant_type") == "refresh_token" and query.get("refresh_token") != self.refresh:
            self.refuse(105001, "refresh token is invalid")
        if query.get("grant_type") == "authorized_code" and query.get("auth_code") != "code-1":
            self.refuse(36004004, "auth code is invalid")
        self.renewals += 1
        self.access, self.refresh, self.access_ended = f"at-{self.renewals}", f"rt-{self.renewals}", False
        now = self.now or 0
        return {"access_token": self.access, "access_token_expire_in": now + 604799, "refresh_token": self.refresh,
                "refresh_token_expire_in": 4891363200}

    def check(self, request):
        query = dict(request.query)
        expected = Signer.sign(path=request.path, query=request.query, content_type=request.kind, body=request.body, app_secret=SECRET)
        if query.get("sign") != expected:
            self.refuse(106001, "Invalid sign", 401)
        if self.now and not -30 <= self.now - int(query["timestamp"]) <= 300:
            self.refuse(36009004, "Invalid timestamp", 400)
        if request.headers.get("x-tts-access-token") != self.access or self.access_ended:
            self.refuse(105002, "Expired credentials", 401)
        operation = operation_for(request.method, request.path)
        if operation is None:
            self.complain(f"no such operation: {request.method} {request.path}")
            self.refuse(36009001, "Invalid path", 404)
        if operation["requiresShopCipher"] != (query.get("shop_cipher") == CIPHER):
            self.complain(f"shop_cipher is wrong for {operation['operationId']}")
        name = operation["operationId"]
        model = getattr(models, name[0].upper() + name[1:] + "Request", None)
        if model and request.body and not request.kind.startswith("multipart/"):
            for field in unknown(model.from_dict(request.json())):
                self.complain(f"{name}: unknown {field}")

    def operate(self, request):
        method, path, parts = request.method, request.path, request.path.split("/")
        if path == "/authorization/202309/shops":
            return {"shops": [{"id": "7000714532876273420", "cipher": CIPHER, "region": "VN"}]}
        if path == "/product/202309/categories":
            return {"categories": [{"id": "600001", "parent_id": "0", "local_name": "Thực phẩm & Đồ uống", "is_leaf": False},
                                   {"id": "600002", "parent_id": "600001", "local_name": "Mật ong", "is_leaf": True}]}
        if path == "/product/202309/categories/600002/attributes":
            return {"attributes": [{"id": "100101", "name": "Xuất xứ", "type": "PRODUCT_PROPERTY", "is_requried": True,
                                    "values": [{"id": "1000", "name": "Việt Nam"}]},
                                   {"id": "100000", "name": "Màu", "type": "SALES_PROPERTY", "is_requried": True}]}
        if path == "/logistics/202309/warehouses":
            return {"warehouses": [{"id": "7000", "type": "RETURN_WAREHOUSE", "is_default": True},
                                   {"id": "7001", "type": "SALES_WAREHOUSE", "is_default": True, "effect_status": "ENABLED"}]}
        if path.endswith("/images/upload"):
            if b'name="data"' not in request.body or b"MAIN_IMAGE" not in request.body:
                self.complain("the upload has no picture in `data`, or no use case")
            self.pictures += 1
            return {"uri": f"tos-{self.pictures}", "url": "https://example.test/x"}
        if method == "POST" and path == "/product/202309/products":
            return self.create(request.json())
        if method == "DELETE":
            return self.each(request.json(), "DELETED")
        if parts[-1] in ("activate", "deactivate"):
            return self.each(request.json(), "ACTIVATE" if parts[-1] == "activate" else "SELLER_DEACTIVATED")
        if parts[-1] == "listing_check":
            reasons = [{"code": 12052063, "message": f"The title has the forbidden word {word}"} for word in self.forbidden if word in request.json()["title"]]
            return {"check_result": "FAILED" if reasons else "PASS", "fail_reasons": reasons}
        if parts[-1] == "search":
            wanted = request.json().get("seller_skus")
            if wanted is None and "update_time_ge" not in request.json():
                self.complain("products are asked for by key, or by the time they changed")
            return {"products": [self.shown(item) for item in self.items.values() if wanted is None or item["sku"] in wanted]}
        item = self.items.get(parts[4])
        if item is None or item["status"] == "DELETED" and method != "GET":
            self.refuse(12052005, "The product does not exist")
        return self.shown(item) if method == "GET" else self.change(item, parts[-1], request.json())

    def create(self, body):
        if body.get("idempotency_key") in self.keys:
            return {"product_id": self.keys[body["idempotency_key"]]}
        if not 25 <= len(body["title"]) <= 255:
            self.refuse(12052051, "The title is too short or too long")
        if not body.get("main_images") or any(not image["uri"].startswith("tos-") for image in body["main_images"]):
            self.complain("main_images must be uploaded pictures")
        if body.get("product_attributes") != [{"id": "100101", "values": [{"id": "1000"}]}]:
            self.complain("the attribute that the category requires is missing")
        if body.get("category_id") != "600002":
            self.refuse(12052003, "The category is not a leaf")
        sku = body["skus"][0]
        if sku["inventory"][0]["warehouse_id"] != "7001":
            self.complain("stock belongs into the sales warehouse")
        item = {"id": self.new_id(), "sku_id": self.new_id(), "sku": sku["seller_sku"], "title": body["title"], "description": body["description"],
                "price": sku["price"]["amount"], "stock": sku["inventory"][0]["quantity"], "status": "PENDING", "audit": "AUDITING"}
        self.items[item["id"]] = item
        self.keys[body["idempotency_key"]] = item["id"]
        return {"product_id": item["id"], "skus": [{"id": item["sku_id"], "seller_sku": item["sku"]}]}

    def change(self, item, verb, body):
        sku = body["skus"][0] if verb == "update" else {"id": item["sku_id"]}
        if sku["id"] != item["sku_id"]:
            self.refuse(12052012, "The SKU does not exist")
        if verb == "update" and "price" in sku:
            item["price"] = sku["price"]["amount"]
        elif verb == "update":
            item["stock"] = sku["inventory"][0]["quantity"]
        else:
            item["title"], item["description"] = body["title"], body["description"]
        return {}

    def each(self, body, status):
        errors = []
        for product in body["product_ids"]:
            item = self.items.get(product)
            if item is None or item["status"] == "DELETED":
                errors.append({"code": 12052005, "message": "product not found", "detail": {"product_id": product}})
            else:
                item["status"] = status
        return {"errors": errors}

    def shown(self, item):
        sku = {"id": item["sku_id"], "seller_sku": item["sku"], "price": {"currency": "VND", "tax_exclusive_price": item["price"]},
               "inventory": [{"warehouse_id": "7001", "quantity": item["stock"]}]}
        return {"id": item["id"], "status": item["status"], "title": item["title"], "audit": {"status": item["audit"]},
                "audit_failed_reasons": item.get("reasons", []), "skus": [sku]}


serve(TikTok())
